import { expect } from 'chai';
import { createLogger } from '../../../server/common/log.ts';
import { defaults } from '../../../server/config/config.ts';
import { eraseUser } from '../../../server/erase/erase-user.ts';
import { CountedModel, countedIn, unevenHours } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { onTwoShards } from '../../support/clickhouse/on-two-shards.ts';
import { withClient } from '../../../server/clickhouse/client.ts';
import { getJson } from '../../support/http/pages.ts';
import { startTestApp } from '../../support/server/test-app.ts';
import { tempDir } from '../../support/temp-dir.ts';

const HOUR_US = Date.UTC(2026, 4, 1, 13) * 1000;
const MINUTE_US = 60_000_000;
const EVENTS = 120;
const ERASED = ['u0', 'u3', 'u4', 'u6', 'u8', 'u10'];

describe('An erasure on two shards', function () {
  this.timeout(120_000);
  const test = onTwoShards();

  async function eraser(): Promise<(user: string) => Promise<number>> {
    const { cluster, database, closing } = test;
    const directory = await tempDir();
    closing.add('directory', () => directory.remove());
    const places = { endpoint: cluster.endpoint, database, dataDir: directory.path };
    const erasing = { ...places, waitMs: 5_000, nowMs: Date.now, log: createLogger('silent') };
    return async (user) => (await eraseUser({ user, application: undefined }, erasing)).events;
  }

  it('leaves every other number exact, also where the counts of all shards were put back on one', async () => {
    const { cluster, database } = test;
    const { endpoint, shards } = cluster;
    await test.up();
    const erase = await eraser();
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
    for (const user of ERASED) expect(await erase(user)).to.equal(EVENTS / 12);
    expect(await countedIn(endpoint, database)).to.deep.equal(model.without(({ user }) => ERASED.includes(user)));
    expect(await unevenHours(endpoint, database)).to.deep.equal([]);
  });

  it('is in the next answer of a server that had counted the hour, whichever shards its events were on', async () => {
    const { cluster, database, closing } = test;
    await test.up();
    // Of each hour, whose events are on the first shard, and whose on the second.
    const hours = [
      [['u'], ['v']],
      [['v'], ['u']],
      [['u', 'u'], ['v']],
      [['u'], ['u', 'v']],
      [['u'], ['u']],
      [['u'], []],
    ] as const;
    for (const [at, { endpoint }] of cluster.shards.entries()) {
      const rows = hours.flatMap((shards, hour) =>
        (shards[at] ?? []).map((user, n) =>
          eventRow({
            timestamp: HOUR_US + hour * 60 * MINUTE_US,
            event_id: `${at} ${n}`,
            user,
            category: 'analytics',
            name: 'click',
          }),
        ),
      );
      await insertRows(database, 'events_local', rows, endpoint);
    }
    const service = await startTestApp({
      clickhouse: cluster.endpoint,
      database,
      cache: { ...defaults.cache, ttlMs: 0 },
    });
    closing.add('service', () => service.remove());
    const range = `from=${HOUR_US / 1000}&to=${HOUR_US / 1000 + hours.length * 3_600_000}`;
    const answers = async () => {
      const byHour = await getJson<{ hours: { clicks: number; unique_users: number }[] }>(
        `${service.url}/analytics/hours?${range}`,
      );
      const { series } = await getJson<{ series: { values: number[] }[] }>(
        `${service.url}/events/series?${range}&name=click`,
      );
      const { categories } = await getJson<{ categories: { events: number }[] }>(`${service.url}/categories`);
      return {
        clicks: byHour.hours.map(({ clicks }) => clicks),
        users: byHour.hours.map(({ unique_users: users }) => users),
        series: series[0]?.values,
        events: categories[0]?.events,
      };
    };
    const before = [2, 2, 3, 3, 2, 1];
    expect(await answers()).to.deep.equal({ clicks: before, users: [2, 2, 2, 2, 1, 1], series: before, events: 13 });
    expect(await (await eraser())('u')).to.equal(9);
    const after = [1, 1, 1, 1, 0, 0];
    expect(await answers()).to.deep.equal({ clicks: after, users: after, series: after, events: 4 });
    expect(await unevenHours(cluster.endpoint, database)).to.deep.equal([]);
  });
});
