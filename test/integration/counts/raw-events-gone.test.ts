import { expect } from 'chai';
import { ALL_HOURS } from '../../../server/queries/counted/grown-hours.ts';
import { isRepaired, repairCounts } from '../../../server/queries/verify/repair-counts.ts';
import { verifyCounts } from '../../../server/queries/verify/verify-counts.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { CountedModel, countedIn } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { runProgram } from '../../support/server/run-program.ts';

const HOUR_US = 3_600_000_000;
const OLD_US = Date.UTC(2021, 4, 1, 13) * 1000;
const NEW_US = Date.UTC(2026, 4, 1, 13) * 1000;

const DROPPED = 'ALTER TABLE events DROP PARTITION 2021';
const EMPTIED = 'TRUNCATE TABLE events';
const DELETED = `ALTER TABLE events DELETE WHERE toYear(timestamp) = 2021 AND user != 'u1'`;

/** By which raw events may go that nobody has told the service of. */
const WAYS: Readonly<Record<string, string>> = {
  'a partition that was dropped': DROPPED,
  'a table that was emptied': EMPTIED,
  'a DELETE within an hour': DELETED,
};

describe('Counts of which the raw events are gone', function gone() {
  this.timeout(60_000);
  let database: MigratedDatabase;
  let model: CountedModel;

  beforeEach(async () => {
    database = await migratedDatabase();
    model = new CountedModel();
    await insert([OLD_US, OLD_US + HOUR_US, NEW_US].flatMap((hourUs) => usersOf(hourUs)));
  });
  afterEach(() => database.drop());

  const insert = async (rows: readonly EventRow[]) => {
    model.add(rows);
    await insertRows(database.name, 'events', rows);
  };
  const command = (query: string) => database.client.command({ query, clickhouse_settings: { mutations_sync: '2' } });
  const cli = (name: 'erase' | 'verify', ...args: string[]) =>
    runProgram(`server/cli/${name}.js`, args, { database: database.name });
  const expectCounts = async (isErased: (row: EventRow) => boolean = () => false) => {
    expect(await countedIn(testEndpoint(), database.name)).to.deep.equal(model.without(isErased));
  };
  const repair = async (trustsRaw = false, rawSinceS = async () => Promise.resolve(0)) => {
    const found = await verifyCounts(database.client, ALL_HOURS, { attempts: 0, pauseMs: 0 });
    const how = { trustsRaw, rawSinceS };
    const differing = found.filter((difference) => isRepaired(difference, how));
    await repairCounts(database.node, { differing, ...how });
    return found.length;
  };

  it('are reported and stay, until a person trusts what raw has', async () => {
    await command(DROPPED);
    const { exitCode, stdout } = await cli('verify', '--repair');
    expect(exitCode).to.equal(1);
    expect(stdout).to.include('Of 2 hours there is no raw event any more').and.not.include('anew');
    await expectCounts();
    const trusting = await cli('verify', '--repair', '--trust-raw');
    expect(trusting.exitCode, trusting.stdout).to.equal(0);
    await expectCounts(({ timestamp }) => timestamp < NEW_US);
    expect((await cli('verify', '--trust-raw')).exitCode).to.equal(2);
  });

  it('stay when the table was emptied, until a person trusts what raw has', async () => {
    await command(EMPTIED);
    expect(await repair()).to.equal(6);
    await expectCounts();
    await repair(true);
    expect(await repair()).to.equal(0);
  });

  it('are counted anew where an hour has others, as is all that has too much', async () => {
    await command(DELETED);
    await repair();
    expect(await repair()).to.equal(0);
  });

  for (const [way, query] of Object.entries(WAYS))
    it(`stay when a user of them is erased, by ${way}`, async () => {
      await command(query);
      const { exitCode, stdout } = await cli('erase', '--user', 'u1');
      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/left the counts of [23] hours as they were/);
      await expectCounts(({ user, timestamp }) => user === 'u1' && timestamp >= NEW_US && !query.startsWith('TRUNC'));
      expect(await rowsOf(testEndpoint(), database.name, `SELECT 1 FROM events WHERE user = 'u1'`)).to.deep.equal([]);
    });

  it('stay when they go while hours before theirs are repaired, which are filled before others are emptied', async () => {
    const names = Array.from({ length: 1500 }, (_, at) => eventRow({ timestamp: NEW_US + HOUR_US, name: `n${at}` }));
    const later = names.map((row) => ({ ...row, timestamp: row.timestamp + HOUR_US }));
    await insert([...names, ...later]);
    await command(`
      INSERT INTO hours (hour, category, name, rows, users)
      SELECT hour, category, name, 1, uniqExactState('another') FROM hours WHERE name LIKE 'n%' GROUP BY ALL`);
    const hadToo = await usersIn();
    const seen: number[] = [];
    await repair(false, async () => {
      seen.push(await usersIn());
      return seen.length < 3 ? 0 : (NEW_US + 3 * HOUR_US) / 1e6;
    });
    expect(seen.map((users) => hadToo - users)).to.deep.equal([0, 1000, 2000]);
    expect(await usersIn()).to.equal(hadToo - 2000);
  });

  /** How many are counted, over all keys. */
  async function usersIn(): Promise<number> {
    const counted = await countedIn(testEndpoint(), database.name);
    return counted.reduce((sum, { users }) => sum + users, 0);
  }
});

/** Events of an hour, of ten users, by two names. */
function usersOf(hourUs: number): EventRow[] {
  return Array.from({ length: 20 }, (_, at) =>
    eventRow({
      timestamp: hourUs + at * 1_000_000,
      event_id: `${hourUs} ${at}`,
      user: `u${at % 10}`,
      category: 'page',
      name: at < 10 ? 'click' : 'view',
    }),
  );
}
