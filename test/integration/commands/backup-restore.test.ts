import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { backup } from '../../../server/backup/backup.ts';
import { COPIED_TABLES } from '../../../server/backup/copied-tables.ts';
import { readWholeBackup } from '../../../server/backup/manifest.ts';
import { restore } from '../../../server/backup/restore.ts';
import { connect } from '../../../server/clickhouse/client.ts';
import { applyRetention, rawSinceS } from '../../../server/clickhouse/retention.ts';
import { messageOf } from '../../../server/common/errors.ts';
import { createLogger } from '../../../server/common/log.ts';
import { withFrame } from '../../../server/journal/checksum-frame.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { countedIn, unevenHours } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { failure } from '../../support/http/outcome.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { startTestApp } from '../../support/server/test-app.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const FIRST_US = Date.UTC(2026, 4, 1, 13) * 1000;
const log = createLogger('silent');

describe('npm run backup and npm run restore', () => {
  let database: MigratedDatabase;
  let other: Awaited<ReturnType<typeof testDatabase>>;
  let directory: TempDir;
  let copy: string;

  beforeEach(async () => {
    database = await migratedDatabase();
    other = await testDatabase();
    directory = await tempDir();
    copy = path.join(directory.path, 'copy');
  });
  afterEach(async () => {
    await database.drop();
    await other.drop();
    await directory.remove();
  });

  const make = (onCopied: (what: string) => Promise<void> | void = () => undefined) =>
    backup({
      lend: (use) => use(testEndpoint()),
      database: database.name,
      dataDir: path.join(directory.path, 'data'),
      target: copy,
      nowMs: Date.now,
      onCopied,
      signal: new AbortController().signal,
    });
  const bringBack = async (replace = false, name = other.name) =>
    restore({
      endpoint: testEndpoint(),
      database: name,
      dataDir: path.join(directory.path, 'restored'),
      source: copy,
      manifest: await readWholeBackup(copy),
      replace,
      retentionDays: undefined,
      log,
      nowMs: Date.now,
      onDone: () => undefined,
    });
  const insert = async (from: number, to: number) => {
    const rows = Array.from({ length: to - from }, (_, at) => event(from + at));
    await insertRows(database.name, 'events', rows);
  };

  it('brings everything back, in an empty database, as it was', async () => {
    await insert(0, 2000);
    await insert(1000, 3000);
    await insertRows(database.name, 'rejected_events', [
      {
        received_at: Date.now() * 1000,
        event_id: 'r',
        application: '',
        reason: 'shape',
        errors: '[]',
        payload: '\u0000"{',
      },
    ]);
    const manifest = await make();
    expect(manifest.tables.map(({ table }) => table)).to.deep.equal(COPIED_TABLES.map(({ name }) => name));
    await bringBack();
    expect(await eventsIn(other.name)).to.deep.equal(await eventsIn(database.name));
    expect(await countedIn(testEndpoint(), other.name)).to.deep.equal(await countedIn(testEndpoint(), database.name));
    const rejected = 'SELECT * FROM rejected_events';
    expect(await rowsOf(testEndpoint(), other.name, rejected)).to.deep.equal(
      await rowsOf(testEndpoint(), database.name, rejected),
    );
    const verified = await runProgram('server/cli/verify.js', [], { database: other.name });
    expect(verified.exitCode, verified.stdout + verified.stderr).to.equal(0);
  });

  it('leaves hours whose counts can be kept, also of events that came while they were copied', async () => {
    await insert(0, 100);
    await make(async (what) => {
      if (what === 'minutes') await insert(50, 200);
      if (what === 'hours') await insert(150, 300);
    });
    await bringBack();
    expect(await countedIn(testEndpoint(), other.name)).to.deep.equal(await countedIn(testEndpoint(), database.name));
    expect(await unevenHours(testEndpoint(), other.name)).to.deep.equal([]);
  });

  it('copies every table that rows are written to', async () => {
    const tables = await rowsOf<{ name: string }>(
      testEndpoint(),
      database.name,
      `SELECT name FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE '.inner%' ORDER BY name`,
    );
    const names = new Set(tables.map(({ name }) => name.replace(/_local$/, '')));
    names.delete('migrations');
    expect([...names].sort()).to.deep.equal(COPIED_TABLES.map(({ name }) => name).sort());
  });

  it('keeps what is counted of events that RETENTION_DAYS has removed', async () => {
    await insert(0, 100);
    const counted = await countedIn(testEndpoint(), database.name);
    for (const node of testEndpoint().urls) {
      const client = connect({ endpoint: { ...testEndpoint(), urls: [node] }, role: 'admin', database: database.name });
      const table = testEndpoint().cluster === undefined ? 'events' : 'events_local';
      await client.command({ query: `ALTER TABLE ${table} MODIFY COMMENT 'whole since ${FIRST_US / 1e6 + 86_400}'` });
      await client.command({ query: `TRUNCATE TABLE ${table} SYNC` });
      await client.close();
    }
    await make();
    await bringBack();
    expect(await countedIn(testEndpoint(), other.name)).to.deep.equal(counted);
    expect((await runProgram('server/cli/verify.js', [], { database: other.name })).exitCode).to.equal(0);
  });

  it('replaces what is there with --replace, and refuses without it', async () => {
    await insert(0, 10);
    await make();
    const before = await eventsIn(database.name);
    await insert(10, 30);
    const refused = await why(bringBack(false, database.name));
    expect(refused).to.include('has rows in').and.include('--replace');
    expect(await eventsIn(database.name)).to.have.length(30);
    await bringBack(true, database.name);
    expect(await eventsIn(database.name)).to.deep.equal(before);
    expect((await runProgram('server/cli/verify.js', [], { database: database.name })).exitCode).to.equal(0);
  });

  it('removes nothing of what is brought back for a RETENTION_DAYS that is not set any more', async () => {
    const rows = [event(0), event(1)].map((row) => ({ ...row, timestamp: row.timestamp - 365 * 86_400_000_000 }));
    await insertRows(database.name, 'events', rows);
    await make();
    const before = await eventsIn(database.name);
    for (const retentionDays of [30, undefined, 30])
      await applyRetention({ endpoint: testEndpoint(), database: database.name, retentionDays, log });
    await bringBack(true, database.name);
    await rowsOf(testEndpoint(), database.name, 'OPTIMIZE TABLE events FINAL');
    expect(await eventsIn(database.name)).to.deep.equal(before);
    expect(await rawSinceS(testEndpoint(), database.name)).to.equal(0);
  });

  it('refuses a damaged or unfinished backup, and one of a newer version, before it touches anything', async () => {
    await insert(0, 10);
    await make();
    const file = path.join(copy, 'events/000001.native.gz');
    const sound = await readFile(file);
    const manifestFile = path.join(copy, 'manifest.json');
    const manifest = await readFile(manifestFile, 'utf8');
    const refusal = async () => await why(bringBack(true, database.name));
    await appendFile(file, 'x');
    expect(await refusal())
      .to.include('events/000001.native.gz has')
      .and.include('nothing was touched');
    const flipped = Buffer.from(sound);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    await writeFile(file, flipped);
    expect(await refusal()).to.include('other content');
    await writeFile(file, sound);
    await writeFile(manifestFile, manifest.replace('"events/000001', '"../events/000001'));
    expect(await refusal()).to.include('manifest.json names');
    await writeFile(manifestFile, manifest.replace('"0001_events"', '"9999_later"'));
    expect(await refusal())
      .to.include('newer version')
      .and.include('9999_later');
    await writeFile(manifestFile, manifest.slice(0, -20));
    expect(await refusal()).to.include('manifest.json');
    await writeFile(manifestFile, '');
    expect(await refusal()).to.include('manifest.json');
    expect(await why(restoreFrom(directory.path))).to.include('holds no backup');
    expect(await eventsIn(database.name)).to.have.length(10);
  });
  const restoreFrom = async (source: string) => {
    copy = source;
    await bringBack();
  };

  it('is none when events were removed while it was made, though that is over', async () => {
    await insert(0, 10);
    const query = `ALTER TABLE events DELETE WHERE event_id = 'e1' SETTINGS mutations_sync = 2`;
    const made = make(async (what) => {
      if (what === 'minutes') await database.client.command({ query });
    });
    expect(await why(made)).to.include('were removed while they were copied');
    expect(await readdir(directory.path)).to.not.include('copy');
    await make();
  });

  it('copies what waits in journals, torn or not, and brings it back to be taken over', async () => {
    const journal = path.join(directory.path, 'data/journal/20260501000000000-00000001');
    await mkdir(journal, { recursive: true });
    const rows = [0, 1, 2].map((at) => `${JSON.stringify({ ...event(at), typed: 1 })}\n`);
    const torn = '{"timestamp":17';
    await writeFile(
      path.join(journal, 'events-20260501000000000-00000001-1.ndjson'),
      Buffer.concat([...rows.map((row) => withFrame(row)), Buffer.from(torn)]),
    );
    await mkdir(path.join(directory.path, 'data/journal/quarantine'));
    await writeFile(path.join(directory.path, 'data/journal/quarantine/events-x.0-7'), 'damaged');
    // One of them has reached ClickHouse already.
    await insert(0, 1);
    expect((await make()).journal).to.have.length(2);
    await bringBack();
    const dataDir = path.join(directory.path, 'restored');
    expect(await readFile(path.join(dataDir, 'journal/quarantine/events-x.0-7'), 'utf8')).to.equal('damaged');
    expect(await why(bringBack())).to.include('wait in');
    const service = await startTestApp({ dataDir, database: other.name });
    try {
      expect(await why(bringBack(true))).to.include('A server runs on');
      for (let tries = 0; (await eventsIn(other.name)).length < 3 && tries < 100; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await eventsIn(other.name)).to.have.length(3);
    } finally {
      await service.remove();
    }
  });
});

function event(at: number) {
  return eventRow({
    event_id: `e-${String(at).padStart(6, '0')}`,
    timestamp: FIRST_US + (at % 500) * 60_000_000,
    user: `u${at % 7}`,
    session_id: `s${at % 11}`,
    application: at % 2 === 0 ? '' : 'shop',
    name: at % 3 === 0 ? 'click' : 'view',
    category: at % 3 === 0 ? 'analytics' : 'page',
    data: JSON.stringify({ at, day: '2021-01-01 09:15:27.243860', nested: { list: [at, null] } }),
  });
}

async function why(attempt: Promise<unknown>): Promise<string> {
  return messageOf(await failure(attempt));
}

async function eventsIn(database: string): Promise<unknown[]> {
  const query = 'SELECT * EXCEPT payload, toString(payload) AS p FROM deduplicated_events ORDER BY event_id';
  return await rowsOf(testEndpoint(), database, query);
}
