import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connectAny, type Nodes } from '../../../server/clickhouse/nodes.ts';
import { defaults } from '../../../server/config/config.ts';
import { KnownHours } from '../../../server/queries/counted/known-hours.ts';
import { ALL_HOURS, readGrown, type Counting } from '../../../server/queries/counted/grown-hours.ts';
import { keepCounts } from '../../../server/queries/counted/kept-counts.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';

const DAY_S = Date.UTC(2026, 4, 1) / 1000;
const NOW_MS = Date.UTC(2026, 5, 1);
const HOURS = 4;
const EVENTS_AN_HOUR = 10;

describe('The counts that are kept', function () {
  this.timeout(60_000);
  let database: MigratedDatabase;

  beforeEach(async () => {
    database = await migratedDatabase();
    const rows = Array.from({ length: HOURS * EVENTS_AN_HOUR }, (_, n) =>
      eventRow({ timestamp: (DAY_S + (n % HOURS) * 3600) * 1_000_000, event_id: `${n}`, name: 'click' }),
    );
    await insertRows(database.name, 'events', rows);
  });
  afterEach(async () => database.drop());

  async function onCounting(use: (counting: Counting, asked: () => number) => Promise<void>): Promise<void> {
    const options = { endpoint: testEndpoint(), database: database.name };
    const [nodes, other] = [connectAny({ ...options, role: 'query' }), connectAny({ ...options, role: 'ingest' })];
    try {
      let asked = 0;
      const ingestNodes = {
        use: async (request) => {
          asked += 1;
          return await other.use(request);
        },
      } as Pick<Nodes, 'use'> as Nodes;
      const bounds = { limits: defaults.questions, narrower: 'less' };
      await use({ nodes, ingestNodes, known: new KnownHours(), bounds, nowMs: () => NOW_MS }, () => asked);
    } finally {
      await Promise.all([nodes.close(), other.close()]);
    }
  }

  for (const [limits, inserts] of [
    [{ keys: 100, rows: 1000 }, 1],
    [{ keys: 100, rows: 2 * EVENTS_AN_HOUR }, 2],
    [{ keys: 100, rows: 1 }, HOURS],
    [{ keys: 1, rows: 1000 }, HOURS],
  ] as const) {
    it(`are of so much at a time, and of one hour at least: ${limits.keys} keys, ${limits.rows} rows`, async () => {
      await onCounting(async (counting, asked) => {
        expect(await readGrown(counting, {}, ALL_HOURS)).to.include({ keys: HOURS, rows: HOURS * EVENTS_AN_HOUR });
        await keepCounts(counting, {}, ALL_HOURS, limits);
        expect(await readGrown(counting, {}, ALL_HOURS)).to.include({ keys: 0, rows: 0 });
        expect(asked()).to.equal(inserts);
      });
    });
  }

  it('are kept again where there are fewer rows than when they were counted, as without a shard', async () => {
    await onCounting(async (counting) => {
      await keepCounts(counting, {}, ALL_HOURS);
      for (const table of ['hours', 'minutes'])
        await database.client.command({
          query: `ALTER TABLE ${table} UPDATE rows = rows - 1 WHERE rows > 0`,
          clickhouse_settings: { mutations_sync: '2' },
        });
      expect(await readGrown(counting, {}, ALL_HOURS)).to.include({ keys: HOURS });
      // Counted in a later second.
      await sleep(1_000);
      await keepCounts(counting, {}, ALL_HOURS);
      expect(await readGrown(counting, {}, ALL_HOURS)).to.include({ keys: 0, rows: 0 });
    });
  });
});
