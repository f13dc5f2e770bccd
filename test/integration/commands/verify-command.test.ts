import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { evenRows } from '../../../server/queries/verify/even-rows.ts';
import { hoursOf, repairCounts } from '../../../server/queries/verify/repair-counts.ts';
import { verifyCounts, type Difference, type RetryPolicy } from '../../../server/queries/verify/verify-counts.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { unevenHours } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { runProgram } from '../../support/server/run-program.ts';

const HOUR_MS = 3600_000;
const FIRST = Date.UTC(2026, 4, 1, 13);
const EVERYTHING = { fromS: 0, toS: 4_294_966_800 };
const NO_RETRIES: RetryPolicy = { attempts: 0, pauseMs: 0 };
const RETRIES: RetryPolicy = { attempts: 20, pauseMs: 100 };

describe('npm run verify', () => {
  let database: MigratedDatabase;
  const command = (query: string) => database.client.command({ query, clickhouse_settings: { mutations_sync: '2' } });
  const cli = (...args: string[]) => runProgram('server/cli/verify.js', args, { database: database.name });
  const differences = async (retries = NO_RETRIES) => verifyCounts(database.client, EVERYTHING, retries);
  const differing = async (retries = NO_RETRIES) => hoursOf(await differences(retries)).map((hourS) => hourS * 1000);
  const send = async (rows: readonly object[]) => insertRows(database.name, 'events', rows);
  const repair = async (found: readonly Difference[]) =>
    repairCounts(database.node, { differing: found, trustsRaw: true, rawSinceS: async () => Promise.resolve(0) });

  beforeEach(async () => {
    database = await migratedDatabase();
    await send(batch('a'));
    await send(batch('b'));
  });
  afterEach(() => database.drop());

  /** An hour without its users, one without its events, one with other users, and one that never was. */
  async function breakCounts(): Promise<number[]> {
    await command(`ALTER TABLE hours DELETE WHERE hour = ${hourLiteral(FIRST)}`);
    await command(`ALTER TABLE minutes DELETE WHERE toStartOfHour(minute) = ${hourLiteral(FIRST + HOUR_MS)}`);
    await command(`
      INSERT INTO hours (hour, category, name, rows, users)
      SELECT ${hourLiteral(FIRST + 2 * HOUR_MS)}, 'analytics', 'click', 1, uniqExactState('another')`);
    const never = Date.UTC(2019, 0, 1);
    await command(`
      INSERT INTO minutes (minute, category, name, rows, ids)
      SELECT ${hourLiteral(never)}, 'analytics', 'click', 1, uniqExactState('ghost', toDateTime64(0, 6, 'UTC'))`);
    return [never, FIRST, FIRST + HOUR_MS, FIRST + 2 * HOUR_MS];
  }

  it('exits 0 when what is counted and the raw events agree', async () => {
    const { exitCode, stdout } = await cli();
    expect(stdout).to.include('agree');
    expect(exitCode).to.equal(0);
  });

  it('lists the hours that differ, also when only the users do, and exits 1', async () => {
    const broken = await breakCounts();
    expect(await differing()).to.deep.equal(broken);
    const { exitCode, stdout } = await cli();
    expect(exitCode).to.equal(1);
    for (const hour of broken) expect(stdout).to.include(new Date(hour).toISOString());
    expect(stdout)
      .to.include('differ in 4 hours')
      .and.match(/ 10 +│ 0 counted, 10 raw +│ 0 /)
      .and.match(/ 10 +│ 11 counted, 10 raw +│ 0 /);
  });

  it('prints no control character of a name, which would be a command to the terminal', async () => {
    await command(`
      INSERT INTO minutes (minute, category, name, rows, ids)
      SELECT ${hourLiteral(FIRST)}, 'analytics', '\\x1b[2Jgone', 1, uniqExactState('x', toDateTime64(0, 6, 'UTC'))`);
    const { stdout } = await cli();
    expect(stdout)
      .to.include(String.raw`\u001b[2Jgone`)
      .and.not.include('\u001b');
  });

  it('looks only at the hours it is asked for', async () => {
    await breakCounts();
    const { exitCode, stdout } = await cli('--from', '2026-05-01T16:00', '--to', String(FIRST + 9 * HOUR_MS));
    expect(stdout).to.include('agree');
    expect(exitCode).to.equal(0);
  });

  it('refuses times it cannot read with the usage and exit code 2', async () => {
    for (const args of [
      ['--from', 'yesterday'],
      ['--to', '1e3'],
      ['--from', '2026-05-02', '--to', '2026-05-01'],
    ]) {
      const { exitCode, stderr } = await cli(...args);
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(stderr).to.include(args[1]).and.include('Usage: npm run verify');
    }
  });

  it('--repair counts the hours that differ anew, says so, and exits 0', async () => {
    await breakCounts();
    const { exitCode, stdout, stderr } = await cli('--repair', '--trust-raw');
    expect(exitCode, stderr).to.equal(0);
    expect(stdout)
      .to.include('Counted 4 hours anew')
      .and.match(/agree\.\n$/);
    expect(await differing()).to.deep.equal([]);
  }).timeout(60_000);

  it('leaves minutes and hours with as many rows of each hour, so that what is counted can be kept', async () => {
    await breakCounts();
    expect((await cli('--repair', '--trust-raw')).exitCode).to.equal(0);
    expect(await differing()).to.deep.equal([]);
    expect(await unevenHours(testEndpoint(), database.name)).to.deep.equal([]);
    const [row] = await rowsOf<{ firstS: number }>(
      testEndpoint(),
      database.name,
      `SELECT toUnixTimestamp(min(hours.first)) AS firstS FROM hours WHERE hour = ${hourLiteral(FIRST + 2 * HOUR_MS)}`,
    );
    expect((row?.firstS ?? 0) * 1000).to.be.within(FIRST + 2 * HOUR_MS, FIRST + 3 * HOUR_MS);
  });

  it('--repair does so also where nothing else differs, in the hours it is asked for', async () => {
    for (const [table, hourMs] of [
      ['hours', FIRST],
      ['minutes', FIRST + HOUR_MS],
      ['hours', FIRST + 2 * HOUR_MS],
    ] as const)
      await command(
        `INSERT INTO ${table} (${table.slice(0, -1)}, category, name, rows) SELECT ${hourLiteral(hourMs)}, 'analytics', 'click', 3`,
      );
    const until = String(FIRST + 2 * HOUR_MS);
    for (const hours of [3, 1]) {
      expect(await unevenHours(testEndpoint(), database.name)).to.have.length(hours);
      expect((await cli('--repair', '--to', until)).exitCode).to.equal(0);
    }
  }).timeout(20_000);

  it('takes no insert that is on its way for rows that one of the two lacks', async () => {
    const stop = new AbortController();
    const sent = Promise.all([writer(stop.signal), writer(stop.signal)]);
    const deadline = performance.now() + 3_000;
    while (performance.now() < deadline) await evenRows(database.node, EVERYTHING);
    stop.abort();
    const batches = (await sent).reduce((sum, count) => sum + count);
    expect(batches).to.be.greaterThan(3);
    for (const table of ['minutes', 'hours'])
      expect(await number(`SELECT sum(rows) FROM ${table}`), table).to.equal(80 + batches * 40);
  }).timeout(20_000);

  it('does not take an insert that is on its way for a difference', async () => {
    for (const view of ['minutes_view', 'hours_view']) await command(`DETACH TABLE ${view}`);
    await send(batch('c', 1));
    for (const view of ['minutes_view', 'hours_view']) await command(`ATTACH TABLE ${view}`);
    expect(await differing()).to.deep.equal([FIRST]);
    const repeated = differing(RETRIES);
    await sleep(300);
    await send(batch('c', 1));
    expect(await repeated).to.deep.equal([]);
  });

  it('repairs while inserts go on: none fails, none is lost, and readers never see a gap where nothing was too much', async () => {
    await command(`ALTER TABLE hours DELETE WHERE hour = ${hourLiteral(FIRST)}`);
    await command(`ALTER TABLE minutes DELETE WHERE toStartOfHour(minute) = ${hourLiteral(FIRST + HOUR_MS)}`);
    const stop = new AbortController();
    const [sent, seen] = [writer(stop.signal), reader(stop.signal)];
    await sleep(200);
    await repair(await differences());
    await sleep(200);
    stop.abort();
    const batches = await sent;
    expect(batches).to.be.greaterThan(0);
    expect(await seen, 'events of an hour that was repaired in part').to.satisfy(neverLess);
    expect(await differing(RETRIES)).to.deep.equal([]);
    expect(await events()).to.equal(80 + batches * 40);
  });

  it('changes nothing when a repair runs twice, or beside another, or the rows come once more', async () => {
    const found = await breakCounts().then(async () => differences());
    await Promise.all([repair(found), repair(found)]);
    await repair(found);
    await send(batch('a'));
    expect(await differing()).to.deep.equal([]);
    expect(await events()).to.equal(80);
  });

  it('makes the version of an hour larger, so that nobody takes it for what was counted before', async () => {
    const before = await rows();
    await repair(await breakCounts().then(async () => differences()));
    expect(await rows()).to.be.greaterThan(before);
  });

  async function events(): Promise<number> {
    return await number('SELECT sum(clicks + impressions) FROM hourly');
  }

  async function rows(): Promise<number> {
    return await number(`SELECT sum(rows) FROM hours WHERE hour = ${hourLiteral(FIRST + 2 * HOUR_MS)}`);
  }

  async function number(query: string): Promise<number> {
    const result = await database.client.query({ query, format: 'TabSeparated' });
    return Number(await result.text());
  }

  /** Resolves to how many batches it sent. */
  async function writer(signal: AbortSignal): Promise<number> {
    let sent = 0;
    for (; !signal.aborted; sent += 1) await send(batch(`w${sent}-`));
    return sent;
  }

  /** What readers see of an hour that is repaired, and of which the minutes were whole. */
  async function reader(signal: AbortSignal): Promise<number[]> {
    const seen: number[] = [];
    while (!signal.aborted) {
      seen.push(await number(`SELECT sum(clicks + impressions) FROM hourly WHERE hour = ${hourLiteral(FIRST)}`));
    }
    return seen;
  }
});

function neverLess(numbers: readonly number[]): boolean {
  return numbers.length > 0 && numbers.every((number, index) => number >= (numbers[index - 1] ?? 20));
}

function hourLiteral(hourMs: number): string {
  return `toDateTime(${hourMs / 1000}, 'UTC')`;
}

/** Forty events, each of a user of its own, over that many hours from the first. */
function batch(users: string, hours = 4): object[] {
  return Array.from({ length: 40 }, (_, index) =>
    eventRow({
      timestamp: (FIRST + (index % hours) * HOUR_MS + index) * 1000,
      event_id: `${users}${index}`,
      user: `${users}${index}`,
      category: 'analytics',
      name: index % 8 < 4 ? 'click' : 'impression',
    }),
  );
}
