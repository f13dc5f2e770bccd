import { expect } from 'chai';
import { createLogger } from '../../../server/common/log.ts';
import { eraseUser } from '../../../server/erase/erase-user.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { unevenHours } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

/** Of one event; the first received is Ann's. */
const USERS = ['Ann', 'Ben', 'Cid'];

describe('copies of an event that name other users', () => {
  let database: MigratedDatabase;
  let directory: TempDir;

  beforeEach(async () => {
    database = await migratedDatabase();
    directory = await tempDir();
    for (const [later, user] of USERS.entries())
      await insertRows(database.name, 'events', [
        eventRow({ user, received_at: Date.UTC(2024, 4, 17) * 1000 + later }),
      ]);
    await insertRows(database.name, 'events', [eventRow({ event_id: 'other', user: 'Dan' })]);
  });
  afterEach(async () => {
    await database.drop();
    await directory.remove();
  });

  const verify = (...args: string[]) => runProgram('server/cli/verify.js', args, { database: database.name });
  const merge = () => database.client.command({ query: 'OPTIMIZE TABLE events FINAL' });
  const erase = async (user: string) =>
    (
      await eraseUser(
        { user, application: undefined },
        {
          endpoint: testEndpoint(),
          database: database.name,
          dataDir: directory.path,
          waitMs: 5_000,
          nowMs: Date.now,
          log: createLogger('silent'),
        },
      )
    ).events;
  /** How many users are counted, and whether one is among them. */
  const counted = async (user: string) => {
    const [row] = await rowsOf<{ count: number; has: 0 | 1 }>(
      testEndpoint(),
      database.name,
      `SELECT toUInt32(uniqExactMerge(users)) AS count,
         uniqExactMerge(users) = arrayReduce('uniqExactMerge', [uniqExactMergeState(users), (SELECT uniqExactState('${user}'))]) AS has
       FROM hours`,
    );
    return row;
  };

  it('are found by verify, before a merge and after it, and repaired once and for all', async () => {
    expect((await verify()).exitCode).to.equal(1);
    expect((await verify('--repair')).exitCode).to.equal(0);
    expect(await counted('Ann')).to.deep.equal({ count: 2, has: 1 });
    expect(await counted('Ben')).to.deep.equal({ count: 2, has: 0 });
    expect(await unevenHours(testEndpoint(), database.name)).to.deep.equal([]);
    await merge();
    expect((await verify()).exitCode).to.equal(0);
  }).timeout(60_000);

  it('are erased from the counts also when a merge has removed them', async () => {
    await merge();
    expect(await erase('Ben')).to.equal(0);
    expect(await counted('Ben')).to.deep.equal({ count: 2, has: 0 });
    expect(await counted('Dan')).to.deep.equal({ count: 2, has: 1 });
    expect((await verify()).exitCode).to.equal(0);
  });
});
