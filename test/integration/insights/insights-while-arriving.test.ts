import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { defaults } from '../../../server/config/config.ts';
import { connectAny, type Nodes } from '../../../server/clickhouse/nodes.ts';
import { parseDataCondition, parseDataPath } from '../../../server/events/data/data-path.ts';
import { parseStep } from '../../../server/queries/insights/steps.ts';
import { ALL_HOURS, type Counting } from '../../../server/queries/counted/grown-hours.ts';
import { keepCounts } from '../../../server/queries/counted/kept-counts.ts';
import { KnownHours } from '../../../server/queries/counted/known-hours.ts';
import { createQuestions, type Questions } from '../../../server/queries/questions.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { waiting } from '../../support/waiting.ts';

const START_MS = Date.UTC(2024, 4, 17);
const HOUR_MS = 3_600_000;
const EVENTS = 3_000;
const USERS = 50;
const QUESTIONS = 8;

/** Of a user 60 events, in their order; over five days. */
const rows = Array.from({ length: EVENTS }, (_, n) =>
  eventRow({
    timestamp: START_MS * 1000 + n * 144_000_000,
    event_id: `e${n}`,
    user: `u${n % USERS}`,
    category: 'c',
    name: 'n',
    data: `{"colour":"${n % 2 === 0 ? 'red' : 'blue'}"}`,
  }),
);

describe('The insights while copies of events arrive', function () {
  this.timeout(120_000);
  let database: MigratedDatabase;
  let nodes: Nodes;
  let ingestNodes: Nodes;
  let counting: Counting;
  let insights: Questions;

  before(async () => {
    database = await migratedDatabase();
    const options = { endpoint: testEndpoint(), database: database.name };
    nodes = connectAny({ ...options, role: 'query' });
    ingestNodes = connectAny({ ...options, role: 'ingest' });
    // How long it may take is no matter here.
    const limits = { ...defaults.questions, maxSeconds: 100 };
    const bounds = { limits, narrower: 'less' };
    counting = { nodes, ingestNodes, bounds, known: new KnownHours(), nowMs: () => START_MS + 200 * HOUR_MS };
    insights = createQuestions({ ...counting, liveNodes: nodes, limits, cache: { ttlMs: 0 }, isOneServer: true });
    await insertRows(database.name, 'events', rows);
  });
  after(async () => {
    await nodes.close();
    await ingestNodes.close();
    await database.drop();
  });

  it('count each event once', async () => {
    const over = new AbortController();
    const arriving = (async () => {
      for (let round = 0; !over.signal.aborted; round += 1) {
        const some = rows.filter((_, n) => (n * 7 + round) % 29 === 0);
        // What a client sends again may say something else; the first is what counts.
        const later = some.map((row) => ({
          ...row,
          received_at: row.received_at + round + 1,
          data: '{"colour":"red"}',
        }));
        await insertRows(database.name, 'events', later);
        await sleep(20);
      }
      return true;
    })();
    try {
      for (let n = 0; n < QUESTIONS; n += 1) await expectAll(n);
    } finally {
      over.abort();
      expect(await arriving).to.equal(true);
    }
  });

  it('count what comes late in the interval in which it happened, however often they were asked before', async () => {
    const question = {
      measure: 'events',
      interval: 'day',
      timezone: 'UTC',
      name: 'late',
      where: [],
      limit: 5,
      fresh: true,
      fromUs: START_MS * 1000,
      toUs: (START_MS + 96 * HOUR_MS) * 1000,
    } as const;
    const insert = async (hours: number, event_id: string) => {
      const timestamp = (START_MS + hours * HOUR_MS) * 1000;
      await insertRows(database.name, 'events', [eventRow({ timestamp, event_id, category: 'c', name: 'late' })]);
    };
    const expected = [0, 0, 0, 0];
    for (const [hours, id] of [
      [5, 'a'],
      [50, 'a'],
      [5, 'b'],
      [6, 'c'],
      [95, 'd'],
      [5, 'e'],
    ] as const) {
      await insert(hours, id);
      const day = Math.floor(hours / 24);
      expected[day] = (expected[day] ?? 0) + 1;
      for (let copies = 0; copies < 2; copies += 1) {
        const { series } = await insights.series(question, waiting);
        expect(series[0]?.values, `after ${id} of hour ${hours}`).to.deep.equal(expected);
        await insert(hours, id);
        await keepCounts(counting, {}, ALL_HOURS);
      }
    }
  });

  async function expectAll(n: number): Promise<void> {
    const range = { fromUs: START_MS * 1000, toUs: (START_MS + 121 * HOUR_MS) * 1000 };
    const common = { ...range, interval: 'day', timezone: 'Asia/Kolkata', limit: 5, fresh: true } as const;
    const red = [parseDataCondition('data.colour:red')];
    const [all, ofRed, byColour] = await Promise.all([
      insights.series({ ...common, measure: 'events', where: [] }, waiting),
      insights.series({ ...common, measure: 'events', where: red }, waiting),
      insights.series({ ...common, measure: 'events', where: [], by: parseDataPath('data.colour', 'by') }, waiting),
    ]);
    expect(
      all.series.map(({ total }) => total),
      `round ${n}`,
    ).to.deep.equal([EVENTS]);
    expect(
      ofRed.series.map(({ total }) => total),
      `round ${n}`,
    ).to.deep.equal([EVENTS / 2]);
    expect(byColour.series.map(({ key, total }) => [key, total])).to.deep.equal([
      ['blue', EVENTS / 2],
      ['red', EVENTS / 2],
    ]);
    const step = parseStep('n', 'step');
    // Of a user all events are 120 minutes apart.
    const withinUs = 3 * 120 * 60_000_000;
    const counts = await insights.funnel(
      { steps: [step, step, step, step, step], by: 'user', withinUs, fresh: true },
      waiting,
    );
    expect(counts, `round ${n}`).to.deep.equal([USERS, USERS, USERS, USERS, 0]);
  }
});
