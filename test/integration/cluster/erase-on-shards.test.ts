import { expect } from 'chai';
import { createLogger } from '../../../server/common/log.ts';
import { eraseUser } from '../../../server/erase/erase-user.ts';
import { CountedModel, countedIn, unevenHours } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { onTwoShards } from '../../support/clickhouse/on-two-shards.ts';
import { withClient } from '../../../server/clickhouse/client.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { tempDir } from '../../support/temp-dir.ts';

const HOUR_US = Date.UTC(2026, 4, 1, 13) * 1000;
const MINUTE_US = 60_000_000;
const EVENTS = 120;
const ERASED = ['u0', 'u3', 'u4', 'u6', 'u8', 'u10'];

describe('An erasure on two shards', function () {
  this.timeout(120_000);
  const test = onTwoShards();

  it('leaves every other number exact, also where the counts of all shards were put back on one', async () => {
    const { cluster, database, closing } = test;
    const { endpoint, shards } = cluster;
    const directory = await tempDir();
    closing.add('directory', () => directory.remove());
    await test.up();
    const model = new CountedModel();
    const rows = Array.from({ length: EVENTS }, (_, n) =>
      eventRow({
        timestamp: HOUR_US + (n % 40) * 4 * MINUTE_US,
        event_id: `e${n}`,
        user: `u${n % 12}`,
        session_id: `s${n % 12}`,
        category: 'page',
        // Of two users, who may both be on the other shard.
        name: n % 12 === 3 ? 'rare' : `pair ${Math.floor((n % 12) / 2)}`,
      }),
    );
    model.add(rows);
    await insertRows(database, 'events', rows, endpoint);
    // As a restore does.
    for (const table of ['minutes', 'hours']) {
      const asAdmin = (shard: number) =>
        ({ endpoint: shards[shard]?.endpoint ?? endpoint, role: 'admin', database }) as const;
      const query = `INSERT INTO ${table}_local SELECT * FROM ${table} WHERE _shard_num = 2`;
      await withClient(asAdmin(0), async (client) => client.command({ query }));
      await withClient(asAdmin(1), async (client) => client.command({ query: `TRUNCATE TABLE ${table}_local SYNC` }));
    }
    expect(await countedIn(endpoint, database)).to.deep.equal(model.without(() => false));
    const erasing = { endpoint, database, dataDir: directory.path, waitMs: 5_000, nowMs: Date.now };
    for (const user of ERASED) {
      const { events } = await eraseUser({ user, application: undefined }, { ...erasing, log: createLogger('silent') });
      expect(events).to.equal(EVENTS / 12);
    }
    expect(await countedIn(endpoint, database)).to.deep.equal(model.without(({ user }) => ERASED.includes(user)));
    expect(await unevenHours(endpoint, database)).to.deep.equal([]);
    expect(await rowsOf(endpoint, database, `SELECT 1 FROM hours WHERE name = 'rare'`)).to.deep.equal([]);
  });
});
