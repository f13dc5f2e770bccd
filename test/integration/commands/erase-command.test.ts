import { expect } from 'chai';
import { applyRetention } from '../../../server/clickhouse/retention.ts';
import { eraseUser, type Erased } from '../../../server/erase/erase-user.ts';
import { createLogger } from '../../../server/common/log.ts';
import { countedNow } from '../../../server/queries/counted/grown-hours.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { CountedModel, countedIn, unevenHours } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { failure } from '../../support/http/outcome.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const FIRST_US = Date.UTC(2026, 4, 1, 13) * 1000;
const MINUTE_US = 60_000_000;
const log = createLogger('silent');

describe('npm run erase', () => {
  let database: MigratedDatabase;
  let directory: TempDir;
  let model: CountedModel;

  beforeEach(async () => {
    database = await migratedDatabase();
    directory = await tempDir();
    model = new CountedModel();
  });
  afterEach(async () => {
    await database.drop();
    await directory.remove();
  });

  const ask = <Row>(query: string) => rowsOf<Row>(testEndpoint(), database.name, query);
  const number = async (query: string) => Number((await ask<{ n: string }>(`SELECT toString(${query}) AS n`))[0]?.n);
  const rawOf = (user: string) => number(`(SELECT count() FROM events WHERE user = '${user}')`);
  const insert = async (rows: readonly EventRow[]) => {
    model.add(rows);
    await insertRows(database.name, 'events', rows);
  };
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
  const expectModel = async (erased: (row: EventRow) => boolean) => {
    expect(await countedIn(testEndpoint(), database.name)).to.deep.equal(model.without(erased));
  };
  const cli = (...args: string[]) => runProgram('server/cli/erase.js', args, { database: database.name });

  it('removes what is counted of a user, and changes no other number', async () => {
    for (let batch = 0; batch < 4; batch += 1) await insert(traffic(batch, 500));
    const users = model.eventsOf(({ user }) => user === 'u1');
    await database.client.command({
      query: `
        INSERT INTO hours (hour, category, name, counted)
        SELECT hour, category, name, ${countedNow('sum(rows)', '1')} FROM hours GROUP BY hour, category, name`,
    });
    const versions = () =>
      ask<{ hour: string; name: string; n: string }>(
        `SELECT hour, name, toString(sum(rows)) AS n FROM hours WHERE application = '' GROUP BY ALL ORDER BY ALL`,
      );
    const before = await versions();
    expect((await erase('u1')).events).to.equal(users);
    expect(await rawOf('u1')).to.equal(0);
    await expectModel(({ user }) => user === 'u1');
    const after = await versions();
    expect(after).to.have.length(before.length);
    for (const [at, { n }] of after.entries()) expect(Number(n)).to.be.greaterThan(Number(before[at]?.n));
    expect(await number('(SELECT max(counted) FROM hours)')).to.equal(0);
    const left = await ask(`SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'eras%'`);
    expect(left).to.deep.equal([]);
  });

  it('leaves no event of keys that only the user had, and counts what is sent there later', async () => {
    await insert([event('a', { user: 'only', name: 'rare' }), event('b', { user: 'u2' })]);
    expect((await erase('only')).events).to.equal(1);
    await expectModel(({ user }) => user === 'only');
    await insert([event('c', { user: 'u3', name: 'rare' })]);
    await expectModel(({ user }) => user === 'only');
  });

  it('erases the events of one application alone when it is named', async () => {
    const mine = { user: 'u1', application: 'shop' };
    await insert([event('a', mine), event('b', { user: 'u1' }), event('c', { user: 'u1', application: "it's" })]);
    expect((await erase('u1', 'shop')).events).to.equal(1);
    await expectModel(({ application }) => application === 'shop');
    expect((await erase('u1', "it's")).events).to.equal(1);
    expect(await rawOf('u1')).to.equal(1);
  });

  it('counts copies of an event once, and keeps those of others', async () => {
    const events = [event('a', { user: 'u1' }), event('b', { user: 'u2' })];
    for (let copies = 0; copies < 3; copies += 1) await insert(events);
    expect((await erase('u1')).events).to.equal(1);
    await expectModel(({ user }) => user === 'u1');
  });

  it('erases while events of others arrive, and each of them is counted', async function () {
    this.timeout(60_000);
    for (let batch = 0; batch < 3; batch += 1) await insert(traffic(batch, 2_000));
    const stop = new AbortController();
    const writers = [0, 1].map(async (writer) => {
      let sent = 0;
      for (; !stop.signal.aborted; sent += 1) await insert(traffic(1_000 * (writer + 1) + sent, 100, 'u0'));
      return sent;
    });
    for (const user of ['u1', 'u2', 'u3']) {
      await erase(user);
      expect(await rawOf(user)).to.equal(0);
    }
    stop.abort();
    const sent = await Promise.all(writers);
    expect(Math.min(...sent)).to.be.greaterThan(3);
    await expectModel(({ user }) => ['u1', 'u2', 'u3'].includes(user));
    expect(await unevenHours(testEndpoint(), database.name)).to.deep.equal([]);
  });

  it('completes what an erasure that was killed has left', async () => {
    await insert(traffic(1, 500));
    await database.client.command({
      query: 'CREATE TABLE erasure AS minutes ENGINE = MergeTree ORDER BY minute',
    });
    await database.client.command({ query: 'ALTER TABLE erasure DROP COLUMN rows, DROP COLUMN ids' });
    await database.client.command({
      query: 'CREATE TABLE erasure_minutes (left_behind UInt8) ENGINE = Memory',
    });
    await database.client.command({
      query: `INSERT INTO erasure SELECT DISTINCT toStartOfMinute(timestamp), application, category, name FROM events WHERE user = 'u1'`,
    });
    await database.client.command({
      query: `ALTER TABLE events DELETE WHERE user = 'u1'`,
      clickhouse_settings: { mutations_sync: '2' },
    });
    // Killed while it marked what had changed.
    await database.client.command({
      query: 'INSERT INTO minutes (minute, application, category, name, rows) SELECT *, 1 FROM erasure',
    });
    expect((await erase('nobody')).events).to.equal(0);
    await expectModel(({ user }) => user === 'u1');
    expect(await unevenHours(testEndpoint(), database.name)).to.deep.equal([]);
  });

  it('leaves the numbers of hours that RETENTION_DAYS has taken raw events of', async () => {
    const nowUs = Date.now() * 1000;
    const old = event('old', { timestamp: nowUs - 31 * 86_400_000_000, user: 'u1' });
    await insert([
      old,
      event('new', { timestamp: nowUs, user: 'u1' }),
      event('other', { timestamp: nowUs, user: 'u2' }),
    ]);
    await applyRetention({ endpoint: testEndpoint(), database: database.name, retentionDays: 30, log });
    expect((await erase('u1')).countedHours).to.equal(1);
    expect(await rawOf('u1')).to.equal(0);
    await expectModel(({ event_id: id }) => id === 'new');
  });

  it('gives up when events of the user keep arriving', async () => {
    const stop = new AbortController();
    const sender = (async () => {
      for (let sent = 0; !stop.signal.aborted; sent += 1)
        await insertRows(database.name, 'events', [
          event(`s${sent}`, { user: 'u1', timestamp: FIRST_US + sent * MINUTE_US }),
        ]);
    })();
    expect(String(await failure(erase('u1')))).to.include('Stop what sends them');
    stop.abort();
    await sender;
    await erase('u1');
    expect(await rawOf('u1')).to.equal(0);
    expect(await number('(SELECT uniqExactMerge(ids) FROM minutes)')).to.equal(0);
  }).timeout(60_000);

  it('says what it did; nothing to do is no error', async () => {
    await insert([event('a', { user: 'u 1' }), event('b', { user: 'u 1', application: 'shop' })]);
    const named = await cli('--user', 'u 1', '--application', 'shop');
    expect(named.stdout).to.equal('erased 1 event, 0 rejected texts, 0 rows of waiting journals of user "u 1"\n');
    expect(named.exitCode, named.stderr).to.equal(0);
    // As many characters as an event's user may have, each of two units in UTF-16.
    const longest = '😀'.repeat(256);
    await insert([event('c', { user: longest })]);
    expect((await cli('--user', longest)).stdout).to.include('erased 1 event,');
    const nobody = await cli('--user', 'nobody');
    expect(nobody.stdout).to.equal('erased 0 events, 0 rejected texts, 0 rows of waiting journals of user "nobody"\n');
    expect(nobody.exitCode, nobody.stderr).to.equal(0);
  });

  it('explains itself, and exits 2 with the usage when the arguments are wrong', async () => {
    const help = await cli('--help');
    expect(help.exitCode).to.equal(0);
    expect(help.stdout).to.include('Usage: npm run erase').and.include('Example:');
    for (const args of [
      [],
      ['--user', ''],
      ['--user', 'u'.repeat(257)],
      ['--user', '😀'.repeat(257)],
      ['--user', 'u', '--application', ''],
      ['--user', 'u', '--all'],
    ]) {
      const { exitCode, stderr } = await cli(...args);
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(stderr)
        .to.include('Usage: npm run erase')
        .and.include(args.at(-1)?.startsWith('--') === true ? '--all' : '--');
    }
  });

  it('leaves the name of the user in no mutation, which ClickHouse keeps as text', async () => {
    await insert([event('a', { user: 'unforgettable' })]);
    await erase('unforgettable');
    expect(
      await number(`(SELECT count() FROM system.mutations WHERE position(command, 'unforgettable') > 0)`),
    ).to.equal(0);
  });
});

function event(id: string, given: Partial<EventRow>): EventRow {
  return eventRow({
    event_id: id,
    timestamp: FIRST_US,
    session_id: `of ${given.user}`,
    category: 'analytics',
    ...given,
  });
}

/** Events of ten users over three hours and some names; the same for the same batch. */
function traffic(batch: number, events: number, only?: string): EventRow[] {
  return Array.from({ length: events }, (_, at) =>
    event(`${batch}-${at}`, {
      timestamp: FIRST_US + ((at * 37 + batch) % 180) * MINUTE_US + at,
      user: only ?? `u${(at * 7) % 10}`,
      session_id: `s${at % 20}`,
      application: at % 5 === 0 ? 'shop' : '',
      name: at % 3 === 0 ? 'click' : 'impression',
    }),
  );
}
