import { expect } from 'chai';
import { defaults } from '../../../server/config/config.ts';
import { apiKey, ownKey } from '../../support/http/api-keys.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getProblem } from '../../support/http/pages.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const NOW_MS = Date.UTC(2024, 4, 17, 10, 20, 30);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

interface Series {
  readonly measure: string;
  readonly interval: string;
  readonly timezone: string;
  readonly times: readonly string[];
  readonly series: readonly {
    readonly key: string | null;
    readonly total: number;
    readonly values: readonly number[];
  }[];
}

interface Funnel {
  readonly steps: readonly { readonly count: number }[];
}

interface Given {
  readonly ms: number;
  readonly name?: string;
  readonly user?: string;
  readonly application?: string;
  readonly data?: string;
}

describe('The insights over HTTP', () => {
  let service: TestApp;
  let url: string;
  let made = 0;

  before(async () => {
    const keys = [ownKey('shop-key', 'shop', 'read'), apiKey('desk-key', 'desk', 'read', 'write')];
    const networks = ['127.0.0.0/8'];
    service = await startTestApp({ trust: { ...defaults.trust, keys, networks } }, { nowMs: () => NOW_MS });
    ({ url } = service);
  });
  after(async () => service.remove());
  beforeEach(async () => {
    made += 1;
  });

  /** Of a category of the test. */
  async function store(...events: readonly Given[]): Promise<string> {
    const category = `category ${made}`;
    const rows = events.map(({ ms, name = 'n', user = '', application = '', data = '{}' }, index) =>
      eventRow({ timestamp: ms * 1000, event_id: `${index}`, category, name, user, application, data }),
    );
    await insertRows(service.database, 'events', rows);
    return `category=${encodeURIComponent(category)}`;
  }

  const ask = async <T>(path: string, key = 'desk-key', directive = 'no-cache') => {
    const headers = { Authorization: `Bearer ${key}`, 'Cache-Control': directive };
    const answer = await fetch(`${url}${path}`, { headers });
    const text = await answer.text();
    expect(answer.status, `${path}: ${text}`).to.equal(200);
    return JSON.parse(text) as T;
  };
  const series = async (query: string, key?: string) => ask<Series>(`/events/series?${query}`, key);

  it('give how far someone went who did a step thousands of times', async () => {
    const times = Array.from({ length: 4_000 }, (_, n) => NOW_MS - HOUR_MS + n);
    const many = times.flatMap((ms) => ['a', 'b'].map((name) => ({ name, user: 'u', ms })));
    const category = await store(...many, { name: 'c', user: 'v', ms: NOW_MS - HOUR_MS });
    const { steps } = await ask<Funnel>(`/events/funnel?step=a&step=b&step=c&${category}`);
    expect(steps.map(({ count }) => count)).to.deep.equal([1, 1, 0]);
  });

  it('give the last 24 hours, hour by hour, unless they are asked for others', async () => {
    const ofCategory = await store(
      { ms: NOW_MS - DAY_MS - 1 },
      { ms: NOW_MS - DAY_MS },
      { ms: NOW_MS - 1 },
      { ms: NOW_MS + MINUTE_MS },
    );
    const { times, series: found, ...asked } = await series(ofCategory);
    expect(asked).to.deep.equal({ measure: 'events', interval: 'hour', timezone: 'UTC' });
    expect([times.length, times[0]]).to.deep.equal([25, '2024-05-16T10:00:00.000Z']);
    expect(found).to.deep.equal([{ key: null, total: 2, values: [1, ...Array.from({ length: 23 }, () => 0), 1] }]);
  });

  it('give the last 1,000 minutes, or 30 days, weeks or months of a time zone', async () => {
    const ofCategory = await store({ ms: Date.UTC(2024, 2, 31, 0) }, { ms: NOW_MS - 1, user: 'u' });
    for (const interval of ['minute', 'day', 'week', 'month']) {
      const { times } = await series(`${ofCategory}&interval=${interval}&timezone=Europe/Berlin`);
      expect(times).to.have.length(interval === 'minute' ? 1_000 : 30);
    }
    const { times, series: found } = await series(
      `${ofCategory}&interval=day&timezone=Europe/Berlin&from=2024-03-30T23:00:00Z&to=2024-04-02T22:00:00Z`,
    );
    expect(times).to.deep.equal(['2024-03-30T23:00:00.000Z', '2024-03-31T22:00:00.000Z', '2024-04-01T22:00:00.000Z']);
    expect(found[0]?.values).to.deep.equal([1, 0, 0]);
  });

  it('break down by a column and by a path, the largest first, within the limit', async () => {
    const event = (plan: string, user: string) => ({ ms: NOW_MS - HOUR_MS, user, data: `{"plan":"${plan}"}` });
    const ofCategory = await store(event('pro', 'u1'), event('pro', 'u1'), event('free', 'u1'), event('free', 'u2'), {
      ms: NOW_MS - 1,
    });
    const keys = async (query: string) =>
      (await series(`${ofCategory}&${query}`)).series.map(({ key, total }) => [key, total]);
    expect(await keys('by=data.plan')).to.deep.equal([
      ['free', 2],
      ['pro', 2],
    ]);
    expect(await keys('by=data.plan&measure=users')).to.deep.equal([
      ['free', 2],
      ['pro', 1],
    ]);
    expect(await keys('by=data.plan&limit=1&measure=users')).to.deep.equal([['free', 2]]);
    expect(await keys('by=user&where=data.plan:free')).to.deep.equal([
      ['u1', 1],
      ['u2', 1],
    ]);
    expect(await keys('by=name')).to.deep.equal([['n', 5]]);
    expect(await keys('by=data.nothing')).to.deep.equal([]);
    expect(await keys('name=nothing')).to.deep.equal([[null, 0]]);
  });

  it('give how many went how far', async () => {
    const startMs = NOW_MS - DAY_MS;
    const ofCategory = await store(
      { ms: startMs, user: 'u1', name: 'view' },
      { ms: startMs, user: 'u1', name: 'buy' },
      { ms: startMs, user: 'u2', name: 'view' },
      { ms: startMs + 31 * MINUTE_MS, user: 'u2', name: 'buy' },
      { ms: startMs, name: 'view' },
    );
    const steps = `${ofCategory}&step=view&step=${encodeURIComponent(`category ${made}::buy`)}`;
    expect(await ask(`/events/funnel?${steps}`)).to.deep.equal({
      by: 'user',
      within: '24h',
      steps: [
        { step: 'view', count: 2 },
        { step: `category ${made}::buy`, count: 2 },
      ],
    });
    const { steps: shorter } = await ask<Funnel>(`/events/funnel?${steps}&within=30m`);
    expect(shorter.map(({ count }) => count)).to.deep.equal([2, 1]);
    const twice = await ask<Funnel>(`/events/funnel?${ofCategory}&step=view&step=view`);
    expect(twice.steps.map(({ count }) => count)).to.deep.equal([2, 0]);
  });

  it('give who came back', async () => {
    const days = [-3, -2, -1].map((ago) => NOW_MS + ago * DAY_MS);
    const [first = 0, second = 0, third = 0] = days;
    const ofCategory = await store(
      { ms: first, user: 'u1', name: 'join' },
      { ms: first + 1, user: 'u1', name: 'use' },
      { ms: first - 1, user: 'u2', name: 'use' },
      { ms: first, user: 'u2', name: 'join' },
      { ms: third, user: 'u2', name: 'use' },
      { ms: second, user: 'u2', name: 'join' },
      { ms: second, user: 'u3', name: 'join' },
      { ms: second, name: 'join' },
    );
    expect(await ask(`/events/retention?${ofCategory}&first=join&return=use&periods=3`)).to.deep.equal({
      by: 'user',
      interval: 'day',
      cohorts: [
        { start: '2024-05-14T00:00:00.000Z', size: 2, returned: [1, 0, 1] },
        { start: '2024-05-15T00:00:00.000Z', size: 1, returned: [0, 0, 0] },
        { start: '2024-05-16T00:00:00.000Z', size: 0, returned: [0, 0, 0] },
        { start: '2024-05-17T00:00:00.000Z', size: 0, returned: [0, 0, 0] },
      ],
    });
    const same = await ask<{ cohorts: { returned: number[] }[] }>(
      `/events/retention?${ofCategory}&first=join&periods=2`,
    );
    expect(same.cohorts[0]?.returned).to.deep.equal([2, 1]);
    expect(await ask(`/events/retention?${ofCategory}&first=nothing`)).to.deep.include({ cohorts: [] });
  });

  it('give who came back of the last thousand days, where one event claims to be much older', async () => {
    const ofCategory = await store({ ms: 1, user: 'u1', name: 'join' }, { ms: NOW_MS - 1, user: 'u2', name: 'join' });
    const path = `/events/retention?${ofCategory}&first=join`;
    const { cohorts } = await ask<{ cohorts: { start: string; size: number }[] }>(path);
    expect([cohorts.length, cohorts[0]?.start]).to.deep.equal([1000, '2021-08-22T00:00:00.000Z']);
    expect(cohorts.findIndex(({ size }) => size > 0)).to.equal(999);
  });

  it('tell a key that reads its own events alone of no others', async () => {
    const ofCategory = await store(
      { ms: NOW_MS - 1, user: 'u1', application: 'shop' },
      { ms: NOW_MS - 1, user: 'u2', application: 'bank' },
    );
    expect((await series(`${ofCategory}&measure=users`, 'shop-key')).series[0]?.total).to.equal(1);
    expect((await series(`${ofCategory}&measure=users`)).series[0]?.total).to.equal(2);
    const foreign = `${ofCategory}&application=bank`;
    expect((await series(foreign, 'shop-key')).series[0]?.total).to.equal(0);
    expect((await series(`${foreign}&by=name`, 'shop-key')).series).to.deep.equal([]);
    const funnel = await ask<Funnel>(`/events/funnel?${foreign}&step=n&step=n`, 'shop-key');
    expect(funnel.steps.map(({ count }) => count)).to.deep.equal([0, 0]);
    const retention = await ask<{ cohorts: unknown[] }>(`/events/retention?${foreign}&first=n`, 'shop-key');
    expect(retention.cohorts).to.deep.equal([]);
  });

  it('refuse what they cannot answer, and say what they expect', async () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ['/events/series?timezone=Mars/Olympus', /^timezone: received "Mars\/Olympus", expected the name of a time zone/],
      ['/events/series?timezone=%2B05:30', /^timezone: /],
      ['/events/series?interval=year', /^interval: received "year", expected minute, hour, day, week, month/],
      ['/events/series?measure=clicks', /^measure: /],
      ['/events/series?limit=21', /^limit: /],
      ['/events/series?by=payload', /^by: /],
      ['/events/series?where=data.plan', /^where: /],
      [
        '/events/series?interval=minute&from=2020-01-01&to=2020-01-02',
        /^interval: received "minute", which are more than 1000 .* expected at most that/,
      ],
      ['/events/series?interval=hour&from=2020-01-01&to=2024-01-01', /^interval: /],
      ['/events/series?from=2024-01-02&to=2024-01-01', /^to: /],
      ['/events/funnel?step=a', /^step: received "a", expected from 2 to 10 of them/],
      [`/events/funnel?${'step=a&'.repeat(11)}`, /^step: /],
      [`/events/funnel?step=a&step=${'b'.repeat(257)}`, /^step: received .*, expected a name, or a category and/],
      ['/events/funnel?step=a&step=b&within=1y', /^within: /],
      ['/events/funnel?step=a&step=b&within=367d', /^within: received "367d", expected a time such as/],
      ['/events/funnel?step=a&step=b&by=name', /^by: /],
      ['/events/retention', /^first: received nothing/],
      ['/events/retention?first=a&interval=hour', /^interval: /],
      ['/events/retention?first=a&periods=32', /^periods: /],
      ['/events/retention?first=a&from=2000-01-01&to=2024-01-01', /^interval: /],
    ];
    for (const [path, detail] of refused) {
      const answer = await fetch(`${url}${path}`, { headers: { Authorization: 'Bearer desk-key' } });
      expect(answer.status, path).to.equal(400);
      expect(((await answer.json()) as { detail: string }).detail, path).to.match(detail);
    }
  });

  it('have an event within two seconds that was acknowledged', async () => {
    const name = `fresh ${made}`;
    const path = `/events/series?name=${encodeURIComponent(name)}`;
    const total = async () => (await ask<Series>(path, 'desk-key', 'max-age=60')).series[0]?.total;
    expect(await total()).to.equal(0);
    await postEvents(url, eventText({ name, timestamp: NOW_MS - 1 }), NDJSON);
    await eventually(async () => expect(await total()).to.equal(1), 2_000);
  });

  it('are refused with 422 when they would cost too much', async () => {
    const limits = { ...defaults.questions, maxRowsRead: 1_000 };
    const other = await startTestApp({ questions: limits }, { nowMs: () => NOW_MS });
    try {
      const rows = Array.from({ length: 20_000 }, (_, n) =>
        eventRow({ timestamp: (NOW_MS - n * 1000) * 1000, event_id: `${n}`, user: `u${n}`, name: 'n' }),
      );
      await insertRows(other.database, 'events', rows);
      for (const path of ['/events/series?by=user', '/events/funnel?step=n&step=m', '/events/retention?first=n']) {
        const { status, detail } = await getProblem(`${other.url}${path}`);
        expect(status, path).to.equal(422);
        expect(detail).to.contain('expected a shorter range (from, to)');
      }
    } finally {
      await other.remove();
    }
  });
});
