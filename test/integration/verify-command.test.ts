import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { repairHourly } from '../../server/queries/repair-hourly.ts';
import { verifyHourly, type Patience } from '../../server/queries/verify-hourly.ts';
import { oneRow, sendBatch, type TestEvent } from '../support/batches.ts';
import { migratedDatabase, type MigratedDatabase } from '../support/migrated-database.ts';
import { failure } from '../support/outcome.ts';
import { runProgram } from '../support/run-program.ts';

const HOUR_MS = 3600_000;
const FIRST = Date.UTC(2026, 4, 1, 13);
const EVERYTHING = { fromS: 0, toS: 4_294_966_800 };
const IMPATIENT: Patience = { attempts: 0, pauseMs: 0 };
const PATIENT: Patience = { attempts: 20, pauseMs: 100 };

describe('npm run verify', () => {
  let database: MigratedDatabase;
  const command = (query: string) =>
    database.client.command({ query, clickhouse_settings: { mutations_sync: '2' } });
  const cli = (...args: string[]) => runProgram('server/cli/verify.js', args, { database: database.name });
  const differing = async (patience = IMPATIENT) =>
    (await verifyHourly(database.client, EVERYTHING, patience)).map(({ hourS }) => hourS * 1000);
  const repair = (hoursMs: readonly number[]) =>
    repairHourly(
      { client: database.client, events: 'events', hourly: 'hourly' },
      hoursMs.map((hourMs) => hourMs / 1000),
    );

  beforeEach(async () => {
    database = await migratedDatabase();
    await sendBatch(database.client, 'segment-a', batch('a'));
    await sendBatch(database.client, 'segment-b', batch('b'));
  });
  afterEach(() => database.drop());

  /** An hour without its row, one with too much, one with other users, and one that never was. */
  async function breakView(): Promise<number[]> {
    await command(`ALTER TABLE hourly DELETE WHERE hour = ${hourLiteral(FIRST)}`);
    await command(`INSERT INTO hourly SELECT ${hourLiteral(FIRST + HOUR_MS)}, 1, 0, uniqExactState('a1')`);
    await command(`
      ALTER TABLE hourly UPDATE users =
          (SELECT uniqExactState(concat('other', toString(number))) FROM ${database.name}.twenty)
      WHERE hour = ${hourLiteral(FIRST + 2 * HOUR_MS)}`);
    const never = Date.UTC(2019, 0, 1);
    await command(`INSERT INTO hourly SELECT ${hourLiteral(never)}, 0, 1, uniqExactState('ghost')`);
    return [never, FIRST, FIRST + HOUR_MS, FIRST + 2 * HOUR_MS];
  }

  beforeEach(() => command('CREATE TABLE twenty ENGINE = Memory AS SELECT number FROM numbers(20)'));

  it('exits 0 when the view and the raw events agree', async () => {
    const { exitCode, stdout } = await cli();
    expect(stdout).to.include('agree');
    expect(exitCode).to.equal(0);
  });

  it('lists the hours that differ, also when only the users do, and exits 1', async () => {
    const broken = await breakView();
    expect(await differing()).to.deep.equal(broken);
    const { exitCode, stdout } = await cli();
    expect(exitCode).to.equal(1);
    for (const hour of broken) expect(stdout).to.include(new Date(hour).toISOString());
    expect(stdout).to.include('differ in 4 hours');
  });

  it('looks only at the hours it is asked for', async () => {
    await breakView();
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

  it('--repair rebuilds the hours that differ, says so, and exits 0', async () => {
    await breakView();
    const { exitCode, stdout, stderr } = await cli('--repair');
    expect(exitCode, stderr).to.equal(0);
    expect(stdout)
      .to.include('Rebuilt 4 hours')
      .and.match(/agree\.\n$/);
    expect(await differing()).to.deep.equal([]);
  }).timeout(60_000);

  it('does not take an insert that is on its way for a difference', async () => {
    await command('DETACH TABLE hourly_view');
    await sendBatch(database.client, 'segment-c', batch('c', 1));
    await command('ATTACH TABLE hourly_view');
    expect(await differing()).to.deep.equal([FIRST]);
    const patient = differing(PATIENT);
    await sleep(300);
    await sendBatch(database.client, 'segment-c', batch('c', 1));
    expect(await patient).to.deep.equal([]);
  });

  it('repairs exactly, so that a segment that is sent again afterwards is still counted once', async () => {
    await repair(await breakView());
    expect(await differing()).to.deep.equal([]);
    for (const [token, users] of [
      ['segment-a', 'a'],
      ['segment-b', 'b'],
    ] as const) {
      await sendBatch(database.client, token, batch(users));
    }
    expect(await differing()).to.deep.equal([]);
    expect(
      await oneRow(database.client, 'SELECT sum(clicks + impressions) AS counted FROM hourly'),
    ).to.deep.equal({
      counted: 80,
    });
  });

  it('repairs while inserts go on: none fails for good, none is lost, readers never see a gap', async () => {
    await breakView();
    const stop = new AbortController();
    const [sent, seen] = [writer(stop.signal), reader(stop.signal)];
    await sleep(200);
    await repair(await differing(PATIENT));
    await sleep(200);
    stop.abort();
    const batches = await sent;
    expect(batches).to.be.greaterThan(0);
    expect(await seen, 'rows of the fourth hour, which was right all the time').to.satisfy(neverLess);
    expect(await differing()).to.deep.equal([]);
    expect(
      await oneRow(database.client, 'SELECT sum(clicks + impressions) AS counted FROM hourly'),
    ).to.deep.equal({
      counted: 80 + batches * 40,
    });
  });

  it('repairs once at a time, and not for ever when a repair was killed', async () => {
    const broken = await breakView();
    await command(`ALTER TABLE events ADD CONSTRAINT hourly_repair CHECK now() >= toDateTime(${later(30)})`);
    expect(String(await failure(repair(broken)))).to.include('Another repair is at work');
    await command('ALTER TABLE events DROP CONSTRAINT hourly_repair');
    await command(`ALTER TABLE events ADD CONSTRAINT hourly_repair CHECK now() >= toDateTime(${later(-1)})`);
    await command('CREATE TABLE hourly_repair (left_behind UInt8) ENGINE = Memory');
    await repair(broken);
    expect(await differing()).to.deep.equal([]);
  });

  /** Sends batches, each until it is in, as the shipper does. Resolves to how many. */
  async function writer(signal: AbortSignal): Promise<number> {
    let sent = 0;
    for (; !signal.aborted; sent += 1) {
      const send = () => sendBatch(database.client, `writer-${sent}`, batch(`w${sent}-`));
      while (
        !(await send().then(
          () => true,
          () => false,
        ))
      )
        await sleep(20);
    }
    return sent;
  }

  /** What readers see of an hour that is not repaired but lies in the same partition. */
  async function reader(signal: AbortSignal): Promise<number[]> {
    const seen: number[] = [];
    while (!signal.aborted) {
      const row = await oneRow<{ rows: number }>(
        database.client,
        `SELECT sum(clicks + impressions) AS rows FROM hourly WHERE hour = ${hourLiteral(FIRST + 3 * HOUR_MS)}`,
      );
      seen.push(row?.rows ?? -1);
    }
    return seen;
  }
});

function neverLess(numbers: readonly number[]): boolean {
  return numbers.length > 0 && numbers.every((number, index) => number >= (numbers[index - 1] ?? 20));
}

/** Seconds since the epoch, that many from now. */
function later(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

function hourLiteral(hourMs: number): string {
  return `toDateTime(${hourMs / 1000}, 'UTC')`;
}

/** Forty events, each of a user of its own, over that many hours from the first. */
function batch(users: string, hours = 4): TestEvent[] {
  return Array.from({ length: 40 }, (_, index) => ({
    timestampMs: FIRST + (index % hours) * HOUR_MS + index,
    user: `${users}${index}`,
    name: index % 8 < 4 ? 'click' : 'impression',
  }));
}
