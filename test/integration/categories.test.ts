import { expect } from 'chai';
import { ask } from '../support/ask.ts';
import { testEndpoint } from '../support/clickhouse.ts';
import { eventRow, insertRows } from '../support/insert-events.ts';
import { eventually } from '../support/outcome.ts';
import { getJson } from '../support/pages.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const START_US = Date.UTC(2024, 0, 1) * 1000;
const MONTH_US = 31 * 24 * 3600 * 1_000_000;

interface Answer {
  readonly categories: readonly {
    readonly category: string;
    readonly events: number;
    readonly sessions: number;
  }[];
}

describe('GET /categories', () => {
  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp();
  });
  afterEach(async () => service.remove());

  const insert = (...rows: Parameters<typeof eventRow>[0][]) =>
    insertRows(service.database, 'events', rows.map(eventRow));
  const categories = async (headers: Record<string, string> = { 'Cache-Control': 'no-cache' }) => {
    const answer = await fetch(`${service.url}/categories`, { headers });
    return (await answer.json()) as Answer;
  };

  it('is an empty list when nothing is stored', async () => {
    expect(await getJson(`${service.url}/categories`)).to.deep.equal({ categories: [] });
  });

  it('counts events and different sessions of each category, with its first and last time', async () => {
    await insert(
      { category: 'b', session_id: 's1', timestamp: START_US + 1 },
      { category: 'b', session_id: 's1', timestamp: START_US + MONTH_US },
      { category: 'b', session_id: 's2', timestamp: START_US },
      { category: 'a', session_id: '', timestamp: START_US },
    );
    // Another part, and a session that both have.
    await insert({ category: 'b', session_id: 's2', timestamp: START_US + 7 * MONTH_US });
    const [first, last] = ['2024-01-01T00:00:00.000000Z', '2024-08-05T00:00:00.000000Z'];
    expect(await categories()).to.deep.equal({
      categories: [
        { category: 'a', events: 1, sessions: 0, first, last: first },
        { category: 'b', events: 4, sessions: 2, first, last },
      ],
    });
  });

  it('has an event in its answer within two seconds, and at once without the cache', async () => {
    await insert({ category: 'c', session_id: 's' });
    expect((await categories({})).categories[0]?.events).to.equal(1);
    await insert({ category: 'c', session_id: 's' });
    expect((await categories()).categories[0]?.events).to.equal(2);
    await eventually(async () => expect((await categories({})).categories[0]?.events).to.equal(2), 2000);
  });

  it('is answered without reading the events themselves', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => ({ category: `c${n % 5}`, session_id: `s${n}` }));
    await insert(...many);
    const plan = await ask(
      testEndpoint(),
      'admin',
      `EXPLAIN SELECT category, count(), uniqExactIf(session_id, notEmpty(session_id)), min(timestamp), max(timestamp)
       FROM ${service.database}.events GROUP BY category SETTINGS force_optimize_projection = 1`,
    );
    expect(plan).to.contain('by_category');
  });
});
