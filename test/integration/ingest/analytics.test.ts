import { expect } from 'chai';
import { HOUR_MS, hourOf } from '../../../server/events/hours.ts';
import { eventually } from '../../support/http/outcome.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { getJson } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

interface Rejected {
  readonly reason: string;
  readonly payload: string;
  readonly errors: readonly { readonly message: string }[];
}

/** How many questions of a kind the service has sent to the hourly table. */
async function queriesSent({ url }: TestApp, reads: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`clickhour_hourly_queries_total{reads="${reads}"} (\\d+)`).exec(metrics)?.[1] ?? 0);
}

describe('POST and GET /analytics', () => {
  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp();
  });
  afterEach(async () => service.remove());

  const post = async (query: string) => fetch(`${service.url}/analytics?${query}`, { method: 'POST' });
  const get = async (query: string, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/analytics${query}`, { headers });
  const fresh = async (timestampMs: number) =>
    (await get(`?timestamp=${timestampMs}`, { 'Cache-Control': 'no-cache' })).text();

  it('answers a click and an impression with 204 and nothing else', async () => {
    for (const event of ['click', 'impression', 'event=click', 'event=impression']) {
      const answer = await post(`timestamp=${Date.now()}&user=ada&${event}`);
      expect(answer.status).to.equal(204);
      expect(await answer.text()).to.equal('');
    }
  });

  it('keeps what it refuses, with the reason and the parameters as they came', async () => {
    const refused = {
      '?timestamp=x&user=ad%C3%A1&click': 'timestamp',
      '?timestamp=1&user=ada': 'shape',
      '': 'timestamp',
    };
    for (const search of Object.keys(refused)) {
      expect((await fetch(`${service.url}/analytics${search}`, { method: 'POST' })).status).to.equal(400);
    }
    await eventually(async () => {
      const { rejected } = await getJson<{ rejected: Rejected[] }>(`${service.url}/events/rejected`);
      expect(Object.fromEntries(rejected.map(({ payload, reason }) => [payload, reason]))).to.deep.equal(refused);
      expect(rejected.at(-1)?.errors[0]?.message).to.match(/^received "x", expected a whole number of milliseconds/);
    });
  });

  it('counts the clicks, the impressions and each user once, in the hour of the timestamp', async () => {
    const hour = Date.UTC(2024, 1, 29, 23);
    await post(`timestamp=${hour}&user=ada&click`);
    await post(`timestamp=${hour + 1}&user=ada&impression`);
    await post(`timestamp=${hour + HOUR_MS - 1}&user=bob&impression`);
    await post(`timestamp=${hour + HOUR_MS}&user=eve&click`);
    await eventually(async () => expect(await fresh(hour + 5)).to.equal('unique_users,2\nclicks,1\nimpressions,2\n'));
    await eventually(async () =>
      expect(await fresh(hour + HOUR_MS)).to.equal('unique_users,1\nclicks,1\nimpressions,0\n'),
    );
  });

  it('answers zeros for an hour without events', async () => {
    const answer = await get('?timestamp=0');
    expect(answer.headers.get('content-type')).to.match(/^text\/plain/);
    expect(await answer.text()).to.equal('unique_users,0\nclicks,0\nimpressions,0\n');
  });

  it('answers in JSON when that is asked for', async () => {
    const answer = await get(`?timestamp=${Date.UTC(2024, 0, 1, 5, 59)}`, { Accept: 'application/json' });
    expect(await answer.json()).to.deep.equal({
      hour: '2024-01-01T05:00:00.000Z',
      unique_users: 0,
      clicks: 0,
      impressions: 0,
    });
  });

  it('has an acknowledged event in the answer about the current hour within two seconds, cache and all', async () => {
    const now = Date.now();
    await get(`?timestamp=${now}`);
    await post(`timestamp=${now}&user=ada&click`);
    await eventually(async () => expect(await (await get(`?timestamp=${now}`)).text()).to.contain('clicks,1\n'), 2000);
  });

  it('lists every hour of a range in order, zeros included', async () => {
    const from = Date.UTC(2024, 0, 31, 22);
    await post(`timestamp=${from + HOUR_MS}&user=ada&click`);
    const ask = async () => (await get(`/hours?from=${from}&to=2024-02-01T01:00:00Z`)).json();
    const zero = { unique_users: 0, clicks: 0, impressions: 0 };
    await eventually(async () =>
      expect(await ask()).to.deep.equal({
        hours: [
          { hour: '2024-01-31T22:00:00.000Z', ...zero },
          { hour: '2024-01-31T23:00:00.000Z', ...zero, unique_users: 1, clicks: 1 },
          { hour: '2024-02-01T00:00:00.000Z', ...zero },
        ],
      }),
    );
  });

  it('keeps user names of any script, and tells apart what only looks alike', async () => {
    const now = Date.now();
    const names = [
      'é',
      'e\u0301',
      '日本語',
      '👩‍🚀',
      'a b',
      'a+b',
      '"quoted"',
      'line\nbreak',
      '\\',
      '\u0000',
      "'; DROP TABLE events",
    ];
    for (const name of names) await post(`timestamp=${now}&user=${encodeURIComponent(name)}&click`);
    await eventually(async () => expect(await fresh(now)).to.contain(`unique_users,${names.length}\n`));
    const rows = await rowsOf<{ user: string }>(testEndpoint(), service.database, 'SELECT user FROM events');
    expect(rows.map(({ user }) => user)).to.have.members(names);
  });

  it('keeps for each event when it happened, when it came, and its own id', async () => {
    const before = Date.now();
    await post(`timestamp=1577836800123&user=ada&click`);
    await post(`timestamp=1577836800123&user=ada&click`);
    const query = `SELECT toUnixTimestamp64Micro(timestamp) AS timestamp, toUnixTimestamp64Milli(received_at) AS received,
      event_id, application, session_id, user, category, name, data FROM events ORDER BY received_at`;
    await eventually(async () => {
      const rows = await rowsOf<Record<string, string>>(testEndpoint(), service.database, query);
      expect(rows).to.have.length(2);
      for (const row of rows) {
        const { timestamp, received, event_id: id, ...rest } = row;
        expect(Number(timestamp)).to.equal(1577836800123000);
        expect(Number(received)).to.be.within(before, Date.now() + 1);
        expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(rest).to.deep.equal({
          application: '',
          session_id: '',
          user: 'ada',
          category: 'analytics',
          name: 'click',
          data: '{}',
        });
      }
      expect(new Set(rows.map(({ event_id }) => event_id)).size).to.equal(2);
    });
  });

  it('does not merge an hour again that has not changed', async () => {
    const past = hourOf(Date.now()) - 5 * HOUR_MS;
    await post(`timestamp=${past}&user=ada&click`);
    await eventually(async () => expect(await fresh(past)).to.contain('clicks,1\n'));
    const merges = await queriesSent(service, 'users');
    const versions = await queriesSent(service, 'hourVersions');
    for (let asked = 0; asked < 5; asked += 1) await fresh(past);
    expect(await queriesSent(service, 'users')).to.equal(merges);
    expect(await queriesSent(service, 'hourVersions')).to.equal(versions + 5);
  });
});

describe('Bad input to /analytics', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  const now = Date.now();
  const tooFar = now + 10 * HOUR_MS;
  const cases: readonly [string, string, string, string][] = [
    ['POST', '', 'timestamp', 'received nothing'],
    ['POST', `timestamp=abc&user=a&click`, 'timestamp', 'received "abc", expected a whole number'],
    ['POST', `timestamp=1.5&user=a&click`, 'timestamp', 'received "1.5"'],
    ['POST', `timestamp=-1&user=a&click`, 'timestamp', 'received "-1"'],
    ['POST', `timestamp=${now}&timestamp=${now}&user=a&click`, 'timestamp', `received ["${now}","${now}"]`],
    ['POST', `timestamp=${tooFar}&user=a&click`, 'timestamp', `received "${tooFar}"`],
    ['POST', `timestamp=${now}&click`, 'user', 'received nothing'],
    ['POST', `timestamp=${now}&user=&click`, 'user', 'received ""'],
    ['POST', `timestamp=${now}&user=a&user=b&click`, 'user', 'received ["a","b"]'],
    ['POST', `timestamp=${now}&user=${'x'.repeat(257)}&click`, 'user', 'expected one text of 1 to 256 characters'],
    ['POST', `timestamp=${now}&user=%FF%FE&click`, 'user', 'characters in UTF-8'],
    ['POST', `timestamp=${now}&user=a&click&event_id=`, 'event_id', 'received ""'],
    ['POST', `timestamp=${now}&user=a&click&event_id=${'x'.repeat(257)}`, 'event_id', 'expected one text of 1 to 256'],
    ['POST', `timestamp=${now}&user=a`, 'event', 'received neither'],
    ['POST', `timestamp=${now}&user=a&click&impression`, 'event', 'received "click and impression"'],
    ['POST', `timestamp=${now}&user=a&event=view`, 'event', 'received "view", expected click or impression'],
    ['GET', '', 'timestamp', 'received nothing'],
    ['GET', 'timestamp=yesterday', 'timestamp', 'received "yesterday"'],
    ['GET', 'timestamp=4102444800000', 'timestamp', 'expected a whole number'],
    ['GET', 'timestamp=1&timestamp=2', 'timestamp', 'received ["1","2"]'],
  ];
  for (const [method, query, path, message] of cases) {
    it(`gets 400 with its reason: ${method} ?${query.slice(0, 60).replaceAll(/\d{13}/g, 'N')}`, async () => {
      const answer = await fetch(`${service.url}/analytics?${query}`, { method });
      expect(answer.status).to.equal(400);
      expect(answer.headers.get('content-type')).to.equal('application/problem+json');
      const problem = (await answer.json()) as {
        status: number;
        detail: string;
        errors: { path: string; message: string }[];
      };
      expect(problem.status).to.equal(400);
      expect(problem.errors.map(({ path }) => path)).to.include(path);
      expect(problem.errors.find((error) => error.path === path)?.message).to.contain(message);
      expect(problem.detail).to.contain(message);
    });
  }

  it('refuses ranges of hours that are too long, backwards or no times at all', async () => {
    const queries = [
      '',
      'from=2024-01-01',
      'from=x&to=y',
      'from=2024-02-30&to=2024-03-01',
      'from=2&to=1',
      'from=2024-01-01&to=2024-02-02',
    ];
    for (const query of queries) {
      const answer = await fetch(`${service.url}/analytics/hours?${query}`);
      expect(answer.status, query).to.equal(400);
    }
  });

  it('takes 744 hours and 256 characters, the limits themselves', async () => {
    const hours = await fetch(`${service.url}/analytics/hours?from=2024-01-01&to=2024-02-01`);
    expect(((await hours.json()) as { hours: unknown[] }).hours).to.have.length(744);
    const user = encodeURIComponent('👩'.repeat(256));
    const answer = await fetch(`${service.url}/analytics?timestamp=${now}&user=${user}&click`, {
      method: 'POST',
    });
    expect(answer.status).to.equal(204);
  });

  it('answers what it does not know with 404 or 405, as problems too', async () => {
    const lost = await fetch(`${service.url}/nowhere`);
    expect(lost.status).to.equal(404);
    expect(((await lost.json()) as { detail: string }).detail).to.contain('/nowhere');
    // What the router knows no path for.
    expect((await fetch(`${service.url}/nowhere`, { method: 'PURGE' })).status).to.equal(404);
    const wrong = await fetch(`${service.url}/analytics`, { method: 'DELETE' });
    expect(wrong.status).to.equal(405);
    expect(wrong.headers.get('allow')).to.contain('POST');
  });
});
