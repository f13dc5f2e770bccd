import { expect } from 'chai';
import { apiKey } from '../../support/http/api-keys.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

// So slow that no token comes back while a test runs.
const RATE = { eventsPerSecond: 0.1, burst: 10 };
const KEYS = [
  { ...apiKey('limited', 'shop', 'write', 'read'), rate: RATE },
  { ...apiKey('bodies', 'bulk', 'write'), rate: RATE },
  { ...apiKey('reader', 'desk', 'read'), rate: RATE },
  apiKey('unlimited', 'office', 'write', 'read'),
];

const key = (name: string) => ({ Authorization: `Bearer ${name}` });

const statuses = async (times: number, ask: () => Promise<Response>) => {
  const counts: Record<number, number> = {};
  for (let i = 0; i < times; i += 1) {
    const answer = await ask();
    await answer.text();
    counts[answer.status] = (counts[answer.status] ?? 0) + 1;
  }
  return counts;
};

describe('With rates', () => {
  let service: TestApp;

  before(async () => {
    const trust = { keys: KEYS, networks: ['127.0.0.1'], proxies: ['127.0.0.1'], ratePerAddress: RATE };
    service = await startTestApp({ trust });
  });
  after(async () => service.remove());

  const click = async (headers: Record<string, string>) =>
    fetch(`${service.url}/analytics?timestamp=1&user=ada&click`, { method: 'POST', headers });
  const post = async (events: number) =>
    fetch(`${service.url}/events`, {
      method: 'POST',
      headers: { ...key('bodies'), 'Content-Type': 'application/x-ndjson' },
      body: Array.from({ length: events }, () => eventText()).join('\n'),
    });
  const sendWithKeyInside = async (path: string, from: string, api_key: string) =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'X-Forwarded-For': from },
      body: JSON.stringify({ api_key, writeKey: api_key, event: 'seen', distinct_id: 'u', userId: 'u' }),
    });
  const read = async () => fetch(`${service.url}/analytics?timestamp=1`, { headers: key('reader') });
  const stored = async () => {
    const query = 'SELECT application, count() AS events FROM events GROUP BY application';
    const rows = await rowsOf<{ application: string; events: string }>(testEndpoint(), service.database, query);
    return Object.fromEntries(rows.map(({ application, events }) => [application, Number(events)]));
  };

  it('a key may send its burst, then gets 429 and is told when to come back; others are not held up', async () => {
    expect(await statuses(15, () => click(key('limited')))).to.deep.equal({ 204: 10, 429: 5 });
    const answer = await click(key('limited'));
    expect(answer.headers.get('Content-Type')).to.equal('application/problem+json');
    expect(Number(answer.headers.get('Retry-After'))).to.be.within(8, 10);
    expect(await answer.json()).to.deep.include({ status: 429, title: 'Too Many Requests' });
    expect(await statuses(15, () => click(key('unlimited')))).to.deep.equal({ 204: 15 });
  });

  it('counts each event of a body, and refuses a body whole', async () => {
    expect((await post(8)).status).to.equal(202);
    const refused = await post(8);
    expect(refused.status).to.equal(429);
    // Six more would have to come: nothing went for what was refused.
    expect(Number(refused.headers.get('Retry-After'))).to.be.within(50, 60);
    for (let i = 0; i < 2; i += 1) expect((await post(1)).status).to.equal(202);
    expect((await post(1)).status).to.equal(429);
    await eventually(async () => expect(await stored()).to.include({ bulk: 10 }));
  });

  it('counts questions too, and never asks operators to wait', async () => {
    expect(await statuses(12, read)).to.deep.equal({ 200: 10, 429: 2 });
    expect(await statuses(30, async () => fetch(`${service.url}/health/live`))).to.deep.equal({ 200: 30 });
  });

  it('goes by the address of callers without a key', async () => {
    expect(await statuses(12, () => click({ 'X-Forwarded-For': '127.0.0.1' }))).to.deep.equal({
      204: 10,
      429: 2,
    });
    // Nobody pays for what only says that it comes from their address.
    expect(await statuses(1, () => click({ 'X-Forwarded-For': '203.0.113.9' }))).to.deep.equal({ 401: 1 });
  });

  it('goes by the address also of those whose key must be looked for in a body, and is not in it', async () => {
    expect(await statuses(12, () => sendWithKeyInside('/batch/', '203.0.113.1', 'wrong'))).to.deep.equal({
      401: 10,
      503: 2,
    });
    expect(await statuses(12, () => sendWithKeyInside('/v1/track', '203.0.113.2', 'wrong'))).to.deep.equal({
      401: 10,
      429: 2,
    });
    expect(await statuses(15, () => sendWithKeyInside('/batch/', '203.0.113.3', 'unlimited'))).to.deep.equal({
      200: 15,
    });
  });

  it('counts what was refused', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`, { headers: key('unlimited') })).text();
    const [, refused] = /clickhour_events_rejected_total\{reason="rate_limited"\} (\d+)/.exec(metrics) ?? [];
    expect(Number(refused)).to.equal(6 + 8 + 1 + 2 + 2 + 2);
  });
});
