import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eraseUser, type Erased } from '../../../server/erase/erase-user.ts';
import { withFrame } from '../../../server/journal/checksum-frame.ts';
import { claimDirectory, disown } from '../../../server/journal/owner-directory.ts';
import { QUARANTINE } from '../../../server/journal/quarantine.ts';
import { createLogger } from '../../../server/common/log.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const log = createLogger('silent');

describe('npm run erase, of texts', () => {
  let database: MigratedDatabase;
  let directory: TempDir;

  beforeEach(async () => {
    database = await migratedDatabase();
    directory = await tempDir();
  });
  afterEach(async () => {
    await database.drop();
    await directory.remove();
  });

  const erase = (user: string, application?: string, waitMs = 5_000): Promise<Erased> =>
    eraseUser(
      { user, application },
      {
        endpoint: testEndpoint(),
        database: database.name,
        dataDir: directory.path,
        waitMs,
        nowMs: Date.now,
        log,
      },
    );
  const left = async () => {
    const query = 'SELECT event_id FROM rejected_events ORDER BY event_id';
    return (await rowsOf<{ event_id: string }>(testEndpoint(), database.name, query)).map((row) => row.event_id);
  };

  it('removes rejected texts that name the user, however it is written, and no others', async () => {
    const texts = {
      plain: '{"user":"Jürgen","x":1}',
      escaped: String.raw`{"user":"J\u00fcrgen"}`,
      nested: String.raw`{"data":"{\"user\":\"J\\u00FCrgen\"}"`,
      cut: '{"name":"x","userId":"Jürgen","data":{"y":',
      address: '?timestamp=x&user=J%C3%BCrgen&click',
      elsewhere: '?timestamp=x&user=J%C3%BCrgens&click',
      other: '{"user":"Jürgens","note":"of Jürgen"}',
      backslash: String.raw`{"user":"J\\u00fcrgen"}`,
    };
    const rows = Object.entries(texts).map(([id, payload], at) => rejection(id, payload, at % 2 === 0 ? 'a' : 'b'));
    rows.push({
      ...rejection('error', '{}', 'a'),
      errors: JSON.stringify([{ path: 'user', message: 'received "Jürgen"' }]),
    });
    await insertRows(database.name, 'rejected_events', rows);
    expect((await erase('Jürgen', 'b')).rejected).to.equal(2);
    expect(await left()).to.deep.equal(['address', 'backslash', 'elsewhere', 'error', 'nested', 'other', 'plain']);
    expect((await erase('Jürgen')).rejected).to.equal(4);
    expect(await left()).to.deep.equal(['backslash', 'elsewhere', 'other']);
  });

  it('removes rejected texts that have the user as a number, and none with that number elsewhere', async () => {
    const texts = { number: '{"userId":12,"type":"x"}', longer: '{"userId":123}', count: '{"userId":1,"count":12}' };
    await insertRows(
      database.name,
      'rejected_events',
      Object.entries(texts).map(([id, payload]) => rejection(id, payload, '')),
    );
    expect((await erase('12')).rejected).to.equal(1);
    expect(await left()).to.deep.equal(['count', 'longer']);
  });

  it('takes the rows of a user out of the journals of servers that are gone, and out of the quarantine', async () => {
    const journal = path.join(directory.path, 'journal');
    const gone = path.join(journal, '20260501130000000-0a0b0c0d');
    const quarantine = path.join(journal, QUARANTINE);
    await disown(gone);
    await mkdir(quarantine);
    const [mine, other] = [line(event('a', { user: 'u1' })), line(event('b', { user: 'u2' }))];
    const segment = 'events-20260501130000000-0a0b0c0d-00000001.ndjson';
    await writeFile(
      path.join(gone, segment),
      Buffer.concat([withFrame(mine + other), withFrame(mine), Buffer.from(other + mine)]),
    );
    const rejected = 'rejected_events-20260501130000000-0a0b0c0d-00000001.ndjson';
    await writeFile(path.join(gone, rejected), withFrame(line(rejection('r', '{"user":"u1"', ''))));
    await writeFile(path.join(quarantine, 'damaged'), `${other}\0\0"user":"u1",\n${mine}`);
    const { journals } = await erase('u1');
    expect(journals).to.deep.equal({ rows: 6, remaining: [] });
    const [owner = ''] = (await readdir(journal)).filter((name) => name !== QUARANTINE);
    expect(await readdir(path.join(journal, owner))).to.have.members([segment, 'lock']);
    const content = await readFile(path.join(journal, owner, segment));
    expect(content.equals(Buffer.concat([withFrame(other), Buffer.from(other)]))).to.equal(true);
    expect(await readFile(path.join(quarantine, 'damaged'), 'utf8')).to.equal(other);
  });

  it('takes the rows of a user out of journals that a restore has replaced', async () => {
    const replaced = path.join(directory.path, 'journal.replaced-20260501130000000');
    const owner = path.join(replaced, '20260501130000000-0a0b0c0d');
    await mkdir(owner, { recursive: true });
    await mkdir(path.join(replaced, QUARANTINE, 'a folder'), { recursive: true });
    const [mine, other] = [line(event('a', { user: 'u1' })), line(event('b', { user: 'u2' }))];
    const segment = path.join(owner, 'events-20260501130000000-0a0b0c0d-00000001.ndjson');
    await writeFile(segment, withFrame(mine + other));
    await writeFile(path.join(replaced, QUARANTINE, 'damaged'), mine);
    expect((await erase('u1')).journals).to.deep.equal({ rows: 2, remaining: [] });
    expect((await readFile(segment)).equals(withFrame(other))).to.equal(true);
    expect(await readdir(path.join(replaced, QUARANTINE))).to.deep.equal(['a folder']);
    expect((await erase('u1')).journals.rows).to.equal(0);
  });

  it('waits for what living servers hold, and names what did not come in time', async () => {
    const journal = path.join(directory.path, 'journal');
    await mkdir(journal);
    const alive = await claimDirectory(journal, Date.now());
    try {
      const segment = `events-${alive.owner}-00000001.ndjson`;
      await writeFile(path.join(alive.path, segment), withFrame(line(event('a', { user: 'u1' }))));
      expect((await erase('u1', undefined, 300)).journals).to.deep.equal({ rows: 0, remaining: [segment] });
    } finally {
      await alive.release();
    }
  });

  it('takes the rows that a living server puts in quarantine, or has refused, while it is waited for', async () => {
    const journal = path.join(directory.path, 'journal');
    const quarantine = path.join(journal, QUARANTINE);
    await mkdir(quarantine, { recursive: true });
    const alive = await claimDirectory(journal, Date.now());
    try {
      const mine = line(event('a', { user: 'u1' }));
      const segment = path.join(alive.path, `events-${alive.owner}-00000001.ndjson`);
      const refused = path.join(alive.path, `rejected_events-${alive.owner}-00000001.ndjson`);
      await writeFile(segment, withFrame(mine));
      const erased = erase('u1', undefined, 10_000);
      await sleep(500);
      // As a server does with a segment of which some is damaged, and some refused.
      await writeFile(path.join(quarantine, 'damaged'), mine);
      await writeFile(refused, withFrame(line(rejection('r', '{"user":"u1"', ''))));
      await rm(segment);
      await sleep(500);
      await insertRows(database.name, 'rejected_events', [rejection('r', '{"user":"u1"', '')]);
      await rm(refused);
      expect(await erased).to.deep.equal({
        events: 0,
        countedHours: 0,
        rejected: 1,
        journals: { rows: 1, remaining: [] },
      });
      expect(await readdir(quarantine)).to.deep.equal([]);
    } finally {
      await alive.release();
    }
  }).timeout(20_000);
});

function event(id: string, given: Partial<EventRow>): EventRow {
  return eventRow({ event_id: id, ...given });
}

function rejection(id: string, payload: string, application: string) {
  return {
    received_at: Date.now() * 1000,
    event_id: id,
    application,
    reason: 'shape',
    errors: '[]',
    payload,
  };
}

function line(row: object): string {
  return `${JSON.stringify(row)}\n`;
}
