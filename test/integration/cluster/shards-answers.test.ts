import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { allPages, getJson } from '../../support/http/pages.ts';
import { startTwoShards } from '../../support/clickhouse/shards.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const DAY_MS = 24 * 3600_000;
/** Of today, because rejected events are kept for a month. */
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const from = (days: number) => new Date(NOW - days * DAY_MS).toISOString();
const EVENTS = 600;

/**
 * Events over three months, some at the same moment. Those that share a value at `rsvp` have different users, and so lie
 * on different shards; some have no user, some no such value.
 */
function event(index: number): string {
  const category = ['analytics', 'page', 'shop'][index % 3];
  return eventText({
    event_id: `e${index % 590}`,
    session_id: `s${index % 40}`,
    user: index % 11 === 0 ? undefined : `u${index % 17}`,
    category,
    name: category === 'analytics' ? (index % 2 === 0 ? 'click' : 'impression') : `n${index % 5}`,
    timestamp: NOW - (index % 90) * DAY_MS - (index % 4) * 3600_000,
    data: {
      ...(index % 7 === 0 ? {} : { rsvp: index % 60 }),
      answer: index % 4 === 0 ? 'no' : 'yes',
      venue: `v${index % 9}`,
    },
  });
}

const QUESTIONS: readonly string[] = [
  '/categories',
  '/categories/shop?limit=1000',
  '/sessions/s7?limit=1000',
  '/events?limit=1000&order=desc',
  '/events?limit=500&category=page&name=n3&order=asc',
  `/events?limit=500&from=${from(70)}&to=${from(30)}`,
  '/events/rejected?limit=1000',
  '/events/top?by=name&limit=100',
  `/events/top?by=name&limit=100&from=${NOW - 60 * DAY_MS - 5400_000}&to=${NOW - 10 * DAY_MS + 1}`,
  `/events/top?by=category&measure=users&from=${NOW - 60 * DAY_MS + 1}`,
  '/events/top?by=user&limit=100&show=data.venue,data.answer',
  '/events/top?by=session_id&limit=5&category=shop',
  `/events/top?by=data.venue&limit=100&from=${from(60)}`,
  '/events/top?by=data.venue&unique=data.rsvp&where=data.answer:yes&limit=100&show=data.rsvp,data.answer',
  '/events/top?by=data.answer&unique=data.rsvp&limit=10',
  '/events/top?by=category&unique=data.venue&limit=10&window=24h',
  `/events/series?from=${from(89)}&interval=day&timezone=Asia/Kolkata`,
  `/events/series?from=${from(89)}&interval=week&measure=users&by=name&limit=20`,
  `/events/series?from=${from(30)}&interval=day&measure=sessions&by=data.venue&where=data.answer:yes`,
  '/events/funnel?step=n1&step=n2&step=shop::n3&within=30d',
  '/events/funnel?step=n1&step=n1&step=n1&within=90d&by=session_id',
  `/events/retention?first=n1&return=n2&interval=week&from=${from(80)}&periods=12`,
  `/analytics/hours?from=${NOW - 30 * DAY_MS}&to=${NOW}`,
  `/analytics?timestamp=${NOW - 3 * DAY_MS}`,
];

describe('One node and two shards', function () {
  this.timeout(120_000);
  const closing = new Closing();
  let services: readonly TestApp[];

  before(async () => {
    const { endpoint } = await startTwoShards('test_*', closing);
    const one = await startTestApp({}, { nowMs: () => NOW });
    closing.add('service on one node', () => one.remove());
    const two = await startTestApp({ clickhouse: endpoint }, { nowMs: () => NOW });
    closing.add('service on two shards', () => two.remove());
    services = [one, two];
    for (const { url, database } of services) {
      for (let first = 0; first < EVENTS; first += 100) {
        const events = Array.from({ length: 100 }, (_, index) => event(first + index));
        const body = [...events, `{"wrong":${first}}`].join('\n');
        expect((await postEvents(url, body, NDJSON)).body.accepted).to.equal(100);
      }
      await eventually(async () => {
        const stored = await getJson<{ events: unknown[] }>(`${url}/events?limit=1000`);
        expect(stored.events, database).to.have.length(EVENTS);
        const kept = await getJson<{ rejected: unknown[] }>(`${url}/events/rejected?limit=100`);
        expect(kept.rejected, database).to.have.length(EVENTS / 100);
        // An INSERT reaches the tables of counts after the events.
        const { categories } = await getJson<{ categories: { events: number }[] }>(`${url}/categories`);
        expect(
          categories.reduce((sum, { events }) => sum + events, 0),
          database,
        ).to.equal(EVENTS);
      }, 30_000);
    }
    const parts = await rowsOf<{ rows: string }>(
      endpoint,
      services[1]?.database ?? '',
      'SELECT count() AS rows FROM events GROUP BY _shard_num',
    );
    expect(parts.map(({ rows }) => Number(rows) > 100)).to.deep.equal([true, true]);
  });
  after(async () => closing.close());

  for (const path of QUESTIONS) {
    it(`give the same answer to ${path}`, async () => {
      const [one, two] = await Promise.all(services.map(async ({ url }) => answerTo(`${url}${path}`)));
      expect(one).not.to.be.empty;
      expect(two).to.deep.equal(one);
    });
  }

  it('give the same events over all pages', async () => {
    for (const path of ['/events?limit=37&order=desc', '/events?limit=11&category=shop', '/sessions/s3?limit=4']) {
      const [one, two] = await Promise.all(services.map(async ({ url }) => allPages(`${url}${path}`)));
      expect(one).not.to.be.empty;
      expect(two, path).to.deep.equal(one);
    }
  });
});

/** Without the cursor, which holds ids that the service gives itself. */
async function answerTo(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { 'Cache-Control': 'no-cache' } });
  const text = await answer.text();
  expect(answer.status, `${url}: ${text.slice(0, 300)}`).to.equal(200);
  return text.replace(/"next_cursor":"[^"]*"/, '');
}
