import { expect } from 'chai';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getJson } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

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
    await insert({ category: 'c', session_id: 's', event_id: 'e1' });
    expect((await categories({})).categories[0]?.events).to.equal(1);
    await insert({ category: 'c', session_id: 's', event_id: 'e2' });
    expect((await categories()).categories[0]?.events).to.equal(2);
    await eventually(async () => expect((await categories({})).categories[0]?.events).to.equal(2), 2000);
  });

  it('tells of an event once, however often it came, and of others beside it', async () => {
    const event = { category: 'c', session_id: 's', event_id: 'once' };
    await insert(event, event, { ...event, application: 'shop' });
    await insert(event);
    expect((await categories()).categories).to.have.length(1);
    expect((await categories()).categories[0]).to.include({ events: 2, sessions: 1 });
  });
});
