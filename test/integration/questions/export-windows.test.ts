import { expect } from 'chai';
import { connect } from '../../../server/clickhouse/client.ts';
import { defaults } from '../../../server/config/config.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp } from '../../support/server/test-app.ts';
import { KIB, MINUTE_US } from '../../../server/common/units.ts';
import { createExports } from '../../../server/queries/export/exports.ts';
import { databaseQuestions, type DatabaseQuestions } from '../../support/clickhouse/database-questions.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { waiting } from '../../support/waiting.ts';

const DAY_US = Date.UTC(2024, 4, 1) * 1000;

/** All but a few of the time of a date. Every seventh has two copies that came later and are another user's. */
const EVENTS = Array.from({ length: 3_000 }, (_, n) =>
  eventRow({
    timestamp: DAY_US + (n % 1_000 === 0 ? n : 0),
    received_at: DAY_US + ((n * 7_919) % 2_003) * MINUTE_US,
    event_id: `e${n}`,
    application: n % 2 === 0 ? 'shop' : '',
    category: n % 3 === 0 ? 'page' : 'c',
    user: `u${n % 4}`,
    data: JSON.stringify({ n, text: 'x'.repeat(200) }),
  }),
);
const COPIES = EVENTS.filter((_, n) => n % 7 === 0).flatMap((event) =>
  [1, 700 * MINUTE_US].map((laterUs) => ({ ...event, received_at: event.received_at + laterUs, user: 'copy' })),
);

const inOrder = EVENTS.toSorted(
  (a, b) => a.timestamp - b.timestamp || a.received_at - b.received_at || (a.event_id < b.event_id ? -1 : 1),
);
const ids = (events: readonly EventRow[]) => events.map(({ event_id }) => event_id);

describe('The windows of an export', () => {
  it('are no smaller behind a second that had to be cut many times', async () => {
    const service = await startTestApp({ questions: { ...defaults.questions, maxRowsRead: 30_000 } });
    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: service.database });
    try {
      // 12 hours of 2,000, a second of 33,000, and 40 hours of 5,000.
      await client.command({
        query: `
          INSERT INTO events (timestamp, received_at, event_id, category, name, data)
          SELECT toDateTime64('2025-03-01 00:00:00', 6, 'UTC') + toIntervalMicrosecond(multiIf(
              number < 24000, number * 1800000, number < 57000, 45000000000 + (number - 24000) * 30,
              46800000000 + (number - 57000) * 720000)), now64(6), toString(number), 'c', 'n', '{}'
          FROM numbers(257000)`,
      });
      const text = await (await fetch(`${service.url}/events/export`)).text();
      expect(text.split('\n').length).to.equal(257_001);
      await client.command({ query: 'SYSTEM FLUSH LOGS query_log' });
      const read = `SELECT toUInt32(count()) AS windows FROM system.query_log
        WHERE type = 'QueryFinish' AND current_database = '${service.database}' AND query LIKE '%FORMAT TSVRaw%'`;
      const [row] = await rowsOf<{ windows: number }>(testEndpoint(), service.database, read);
      expect(row?.windows).to.be.within(5, 200);
    } finally {
      await client.close();
      await service.remove();
    }
  });
});

describe('An export of more events of one time than a window holds', function () {
  this.timeout(60_000);
  let database: MigratedDatabase;
  let questions: DatabaseQuestions;

  before(async () => {
    database = await migratedDatabase();
    questions = databaseQuestions(database, Date.now);
    await database.client.command({ query: 'SYSTEM STOP MERGES events' });
    await insertRows(database.name, 'events', EVENTS);
    await insertRows(database.name, 'events', COPIES);
  });
  after(async () => {
    await questions.close();
    await database.drop();
  });

  async function exported(question: Partial<Parameters<ReturnType<typeof createExports>>[0]>): Promise<string[]> {
    const ask = createExports(questions.nodes, defaults.questions, 64 * KIB);
    const bytes: Uint8Array[] = [];
    for await (const chunk of ask({ order: 'asc', format: 'ndjson', ...question }, waiting)) bytes.push(chunk);
    const lines = Buffer.concat(bytes).toString().trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id);
  }

  it('has each event once, the first received, in its order', async () => {
    expect(await exported({})).to.deep.equal(ids(inOrder));
    expect(await exported({ order: 'desc' })).to.deep.equal(ids(inOrder).toReversed());
  });

  it('has each event once that a filter leaves, and none for its copies', async () => {
    expect(await exported({ user: 'u1', category: 'c' })).to.deep.equal(
      ids(inOrder.filter(({ user, category }) => user === 'u1' && category === 'c')),
    );
    expect(await exported({ user: 'u0', application: 'shop', order: 'desc' })).to.deep.equal(
      ids(inOrder.filter(({ user, application }) => user === 'u0' && application === 'shop')).toReversed(),
    );
  });
});
