import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { backup, type BackupOptions } from '../../../server/backup/backup.ts';
import { readWholeBackup } from '../../../server/backup/manifest.ts';
import { restore, type RestoreOptions } from '../../../server/backup/restore.ts';
import { rawSinceS } from '../../../server/clickhouse/retention.ts';
import { claimDirectory, type OwnerDirectory } from '../../../server/journal/owner-directory.ts';
import { MaintenanceLock } from '../../../server/migrate/lock.ts';
import { keptLog, silentLog as log } from '../../support/logs.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { AppError, messageOf } from '../../../server/common/errors.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { startProgram } from '../../support/server/run-program.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('npm run backup, when it cannot', () => {
  let database: MigratedDatabase;
  let directory: TempDir;
  let copy: string;

  before(async () => {
    database = await migratedDatabase();
    await insertRows(database.name, 'events', [eventRow({})]);
  });
  after(() => database.drop());
  beforeEach(async () => {
    directory = await tempDir();
    copy = path.join(directory.path, 'copy');
  });
  afterEach(() => directory.remove());

  const make = (changes: Partial<BackupOptions> = {}) =>
    backup({
      lend: (use) => use(testEndpoint()),
      database: database.name,
      dataDir: path.join(directory.path, 'data'),
      target: copy,
      nowMs: Date.now,
      onCopied: () => undefined,
      signal: new AbortController().signal,
      ...changes,
    });

  it('leaves nothing while a user is being erased', async () => {
    await database.client.command({ query: 'CREATE TABLE erasure (x UInt8) ENGINE = Memory' });
    expect(await why(make())).to.include('is being erased');
    await database.client.command({ query: 'DROP TABLE erasure SYNC' });
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('refuses a place where anything is, before it copies: also an empty directory, and a link to one', async () => {
    await mkdir(copy);
    const link = path.join(directory.path, 'link');
    await symlink(copy, link);
    const dangling = path.join(directory.path, 'dangling');
    await symlink(path.join(directory.path, 'nowhere'), dangling);
    const file = path.join(directory.path, 'file');
    await writeFile(file, '');
    for (const target of [copy, link, dangling, file])
      expect(await why(make({ target, lend: neverLent })), target).to.include('is there already');
    expect((await readdir(directory.path)).sort()).to.deep.equal(['copy', 'dangling', 'file', 'link']);
  });

  it('takes nothing from another that is made at the same place by a process of the same id', async () => {
    let second = '';
    await make({
      onCopied: async (what) => {
        if (what === 'minutes') second = await make().then(() => 'made', messageOf);
      },
    }).catch((error: unknown) => expect(messageOf(error)).to.include('ENOTEMPTY'));
    expect(second).to.equal('made');
    expect(await readdir(directory.path)).to.deep.equal(['copy']);
  });

  it('is not there when ClickHouse cannot vouch for what was read', async () => {
    expect(await why(make({ lend: lentInVain }))).to.equal('not all of it was there');
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('says that the connection was cut, and does not begin again on another node', async () => {
    const [url] = testEndpoint().urls;
    const door = await closedDoor(url);
    door.open();
    const lend: BackupOptions['lend'] = (use) => use({ ...testEndpoint(), urls: [door.url, url] });
    const cut = make({ lend, onCopied: async (what) => (what === 'minutes' ? await door.close() : undefined) });
    expect(await why(cut)).to.match(/ECONNREFUSED|ECONNRESET|hang up/);
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('leaves nothing when it is interrupted', async () => {
    const interruption = new AbortController();
    const onCopied = (what: string) => {
      if (what === 'minutes') interruption.abort(new Error('interrupted'));
    };
    expect(await why(make({ signal: interruption.signal, onCopied }))).to.equal('interrupted');
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('leaves nothing when the command is ended by a signal, and says so', async () => {
    // All that it reads goes by way of this process, which cannot be too late then.
    const door = await closedDoor(testEndpoint().urls[0]);
    door.open();
    const child = startProgram('server/cli/backup.js', [copy], database.name, { ...testEndpoint(), urls: [door.url] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.once('data', () => child.kill('SIGTERM'));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).to.include('interrupted');
    await door.close();
    expect([code, await readdir(directory.path)]).to.deep.equal([1, []]);
  });
});

describe('npm run restore, when it cannot', () => {
  let database: MigratedDatabase;
  let directory: TempDir;
  let copy: string;

  beforeEach(async () => {
    database = await migratedDatabase();
    directory = await tempDir();
    copy = path.join(directory.path, 'copy');
    await insertRows(database.name, 'events', [eventRow({})]);
    await backup({
      lend: (use) => use(testEndpoint()),
      database: database.name,
      dataDir: directory.path,
      target: copy,
      nowMs: Date.now,
      onCopied: () => undefined,
      signal: new AbortController().signal,
    });
  });
  afterEach(async () => {
    await database.drop();
    await directory.remove();
  });

  const bringBack = async (changes: Partial<RestoreOptions> = {}) =>
    restore({
      endpoint: testEndpoint(),
      database: database.name,
      dataDir: directory.path,
      source: copy,
      manifest: await readWholeBackup(copy),
      replace: true,
      retentionDays: undefined,
      log,
      nowMs: Date.now,
      onDone: () => undefined,
      ...changes,
    });

  it('has said since when raw events are whole before it ends half-way, and lets the next one begin', async () => {
    const wholeSinceS = Date.UTC(2026, 4, 1) / 1000;
    const manifest = { ...(await readWholeBackup(copy)), wholeSinceS };
    expect(await why(bringBack({ manifest, onDone: endHalfWay }))).to.match(
      /^half-way\n.* Run this again, with --replace\.$/,
    );
    expect(await rawSinceS(testEndpoint(), database.name)).to.be.greaterThan(wholeSinceS);
    await bringBack();
    expect(await rawSinceS(testEndpoint(), database.name)).to.equal(0);
  });

  it('touches nothing when a server starts while it waits for its turn', async () => {
    const journal = path.join(directory.path, 'journal');
    const lock = await MaintenanceLock.acquire(database.node, log);
    const kept = keptLog();
    let server: OwnerDirectory;
    const attempt = why(bringBack({ log: kept.log }));
    try {
      await eventually(() => expect(JSON.stringify(kept.lines)).to.include('waiting for another'));
      await mkdir(journal);
      server = await claimDirectory(journal, Date.now());
    } finally {
      await lock.release();
    }
    expect(await attempt).to.include('A server runs on');
    await server.release();
    expect(await readdir(directory.path)).to.have.members(['copy', 'journal']);
    const events = await rowsOf(testEndpoint(), database.name, 'SELECT event_id FROM events');
    expect(events).to.have.length(1);
  });
});

function endHalfWay(): never {
  throw new Error('half-way');
}

function neverLent(): never {
  throw new Error('it was asked for');
}

const lentInVain: BackupOptions['lend'] = async (use) => {
  await use(testEndpoint());
  throw new AppError('unavailable', 'not all of it was there');
};

async function why(attempt: Promise<unknown>): Promise<string> {
  return messageOf(await failure(attempt));
}
