import { expect } from 'chai';
import { formatTimeUs } from '../../../server/events/time.ts';
import { eventRow, insertRows, type EventRow } from '../../support/clickhouse/insert-events.ts';
import { allPages, getJson, getProblem, type ShownEvent, type ShownPage } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const MONTH_US = 31 * 24 * 3600 * 1_000_000;
/** More than the largest page of a category that is not asked for a size. */
const ROWS = 320;
const START_US = Date.UTC(2024, 0, 31, 23, 59) * 1000 + 123_456;
const SESSIONS = ['s-1', 's-2', 's-3', 's/4 ?&=%', "s'5\\\t\n\u0000", '日本語 👩‍🚀'];
const CATEGORIES = ['page interaction', 'form interaction', 'a/b %2F ü'];
const NAMES = ['pageview', 'submit', "O'Brien"];
const APPLICATIONS = ['', 'shop', 'blog'];

/** Rows over four months, with many ties in time and in arrival, in no order. */
function manyRows(count: number): EventRow[] {
  return Array.from({ length: count }, (_, n) => {
    const pick = <T>(values: readonly T[], step: number) => values[(n * step + (n >> 3)) % values.length] as T;
    return eventRow({
      timestamp: START_US + ((n * 7919) % 37) * Math.floor(MONTH_US / 10) + ((n * 31) % 3),
      received_at: START_US + 5 * MONTH_US + ((n * 104_729) % Math.ceil(count / 2)),
      event_id: `e${String((n * 389) % count).padStart(4, '0')}`,
      application: pick(APPLICATIONS, 1),
      session_id: pick(SESSIONS, 5),
      user: `u${n % 5}`,
      category: pick(CATEGORIES, 7),
      name: pick(NAMES, 2),
      data: `{"n":${n}}`,
    });
  });
}

function shown(row: EventRow): ShownEvent {
  const { event_id, application, session_id, user, category, name, data } = row;
  return {
    event_id,
    received_at: formatTimeUs(row.received_at),
    application,
    session_id,
    user,
    category,
    name,
    data: JSON.parse(data) as unknown,
    timestamp: formatTimeUs(row.timestamp),
  };
}

const byTimeThenArrival = (a: EventRow, b: EventRow) =>
  a.timestamp - b.timestamp || a.received_at - b.received_at || (a.event_id < b.event_id ? -1 : 1);

describe('GET /events, /sessions/{session_id} and /categories/{category}', () => {
  let service: TestApp;
  const rows = manyRows(ROWS);

  before(async () => {
    service = await startTestApp();
    const third = Math.ceil(rows.length / 3);
    // Three parts in most of the partitions, as from three segments.
    for (let at = 0; at < rows.length; at += third) {
      await insertRows(service.database, 'events', rows.slice(at, at + third));
    }
  });
  after(async () => service.remove());

  const url = (path: string, parameters: Record<string, string> = {}) =>
    `${service.url}${path}?${new URLSearchParams(parameters).toString()}`;
  const expected = (matches: (row: EventRow) => boolean) => rows.filter(matches).sort(byTimeThenArrival).map(shown);

  it('shows an event with all that is known of it, times to the microsecond', async () => {
    const { events } = await getJson<ShownPage>(url('/events', { limit: '1' }));
    expect(events).to.deep.equal(expected(() => true).slice(0, 1));
    expect(Object.keys(events[0] ?? {})).to.deep.equal(
      'event_id received_at application session_id user category name data timestamp'.split(' '),
    );
    expect(events[0]?.timestamp).to.equal('2024-01-31T23:59:00.123456Z');
  });

  it('gives 100 events unless another number is asked for, the oldest first', async () => {
    const page = await getJson<ShownPage>(url('/events'));
    expect(page.events).to.deep.equal(expected(() => true).slice(0, 100));
    expect(page.next_cursor).to.be.a('string');
  });

  it('gives the newest first when that is asked for', async () => {
    const page = await getJson<ShownPage>(url('/events', { order: 'desc', limit: '1000' }));
    expect(page.events).to.deep.equal(expected(() => true).toReversed());
    expect(page.next_cursor).to.equal(null);
  });

  it('filters by user and by what is in the payload, with every other filter', async () => {
    const everything = { limit: '1000' };
    expect((await getJson<ShownPage>(url('/events', { user: 'u3', ...everything }))).events).to.deep.equal(
      expected(({ user }) => user === 'u3'),
    );
    const where = '/events?where=data.n:17&limit=1000';
    expect((await getJson<ShownPage>(`${service.url}${where}`)).events).to.deep.equal(
      expected((row) => row === rows[17]),
    );
    expect((await getJson<ShownPage>(`${service.url}${where}&where=data.n:18`)).events).to.deep.equal([]);
    const shop = await getJson<ShownPage>(`${service.url}${where}&user=u2&application=${rows[17]?.application}`);
    expect(shop.events).to.deep.equal(expected((row) => row === rows[17]));
    for (const wrong of ['where=n:1', 'where=data.n', 'user=', 'user=a&user=b']) {
      expect(await getProblem(`${service.url}/events?${wrong}`)).to.have.property('status', 400);
    }
  });

  it('shows the events of a user, in pages', async () => {
    const path = '/users/u4';
    const { user, ...page } = await getJson<ShownPage & { user: string }>(url(path, { limit: '20' }));
    expect(user).to.equal('u4');
    expect(page.events).to.deep.equal(expected((row) => row.user === 'u4').slice(0, 20));
    const filters = { application: 'shop', order: 'desc', limit: '20' };
    expect(await allPages(url(path, filters))).to.deep.equal(
      expected((row) => row.user === 'u4' && row.application === 'shop').toReversed(),
    );
    expect(await getJson(url('/users/nobody'))).to.deep.equal({ user: 'nobody', events: [], next_cursor: null });
  });

  it('gives each event once, in order, whatever the size of the pages', async () => {
    for (const limit of [1, 41, ROWS / 2, ROWS - 1, ROWS, ROWS + 1].map(String)) {
      const filters: Record<string, string> = limit === '1' ? { session_id: 's-1' } : {};
      const all = expected((row) => limit !== '1' || row.session_id === 's-1');
      expect(await allPages(url('/events', { limit, ...filters })), limit).to.deep.equal(all);
      const descending = await allPages(url('/events', { limit, order: 'desc', ...filters }));
      expect(descending, limit).to.deep.equal(all.toReversed());
    }
  });

  const middle = START_US + Math.floor(1.5 * MONTH_US);
  const filters: readonly [Record<string, string>, (row: EventRow) => boolean][] = [
    ...SESSIONS.map((session_id): [Record<string, string>, (row: EventRow) => boolean] => [
      { session_id },
      (row) => row.session_id === session_id,
    ]),
    [{ category: 'page interaction' }, ({ category }) => category === 'page interaction'],
    [{ name: "O'Brien" }, ({ name }) => name === "O'Brien"],
    [{ application: 'shop' }, ({ application }) => application === 'shop'],
    [{ application: '' }, ({ application }) => application === ''],
    [
      { category: 'form interaction', name: 'submit' },
      ({ category, name }) => category === 'form interaction' && name === 'submit',
    ],
    [{ from: formatTimeUs(middle) }, ({ timestamp }) => timestamp >= middle],
    [{ to: formatTimeUs(middle) }, ({ timestamp }) => timestamp < middle],
    [
      { session_id: 's-2', category: 'a/b %2F ü', name: 'pageview', application: 'blog', from: '2024-02-10' },
      (row) =>
        row.session_id === 's-2' &&
        row.category === 'a/b %2F ü' &&
        row.name === 'pageview' &&
        row.application === 'blog' &&
        row.timestamp >= Date.UTC(2024, 1, 10) * 1000,
    ],
    [{ session_id: 'nobody' }, () => false],
    [{ category: "x' OR 1 = 1 --" }, () => false],
  ];
  for (const [given, matches] of filters) {
    it(`filters by ${JSON.stringify(given)}, in both orders`, async () => {
      const all = expected(matches);
      expect(await allPages(url('/events', { limit: '13', ...given }))).to.deep.equal(all);
      expect(await allPages(url('/events', { limit: '13', order: 'desc', ...given }))).to.deep.equal(all.toReversed());
    });
  }

  it('has from inclusive and to exclusive, to the microsecond, in ISO 8601 and in milliseconds', async () => {
    const at = rows[5]?.timestamp ?? 0;
    const same = expected(({ timestamp }) => timestamp === at);
    const range = { from: formatTimeUs(at), to: formatTimeUs(at + 1), limit: '1000' };
    expect((await getJson<ShownPage>(url('/events', range))).events).to.deep.equal(same);
    const empty = { from: formatTimeUs(at), to: formatTimeUs(at) };
    expect((await getJson<ShownPage>(url('/events', empty))).events).to.deep.equal([]);
    const ms = Math.floor(at / 1000);
    const within = { from: String(ms), to: String(ms + 1), limit: '1000' };
    expect((await getJson<ShownPage>(url('/events', within))).events).to.deep.equal(
      expected(({ timestamp }) => Math.floor(timestamp / 1000) === ms),
    );
  });

  it('answers a session with its id and its events, paged', async () => {
    for (const session of SESSIONS) {
      const path = `/sessions/${encodeURIComponent(session)}`;
      const all = expected(({ session_id }) => session_id === session);
      const page = await getJson<ShownPage>(url(path, { limit: '5' }));
      const { session_id, events } = page as ShownPage & { session_id: string };
      expect(session_id).to.equal(session);
      expect(events).to.deep.equal(all.slice(0, 5));
      expect(await allPages(url(path, { limit: '20' }))).to.deep.equal(all);
    }
  });

  it('answers a category with its name and its events, paged', async () => {
    for (const known of CATEGORIES) {
      const path = `/categories/${encodeURIComponent(known)}`;
      const all = expected(({ category }) => category === known);
      const page = await getJson<ShownPage & { category: string }>(url(path));
      expect(page.category).to.equal(known);
      expect(page.events).to.deep.equal(all.slice(0, 100));
      expect(await allPages(url(path, { limit: '99', order: 'desc' }))).to.deep.equal(all.toReversed());
    }
  });

  it('answers what is not known with an empty list', async () => {
    expect(await getJson(url('/sessions/nobody'))).to.deep.equal({
      session_id: 'nobody',
      events: [],
      next_cursor: null,
    });
    expect(await getJson(url('/categories/nothing'))).to.deep.equal({
      category: 'nothing',
      events: [],
      next_cursor: null,
    });
  });

  it('refuses a cursor that belongs to another question', async () => {
    const { next_cursor: cursor } = await getJson<ShownPage>(url('/events', { limit: '1' }));
    const given = { cursor: cursor ?? '' };
    for (const other of [
      url('/events', { ...given, order: 'desc' }),
      url('/events', { ...given, session_id: 's-1' }),
      url('/events', { ...given, from: '2024-01-01' }),
      url('/sessions/s-1', given),
      url('/categories/x', given),
      url('/events/rejected', given),
    ]) {
      const { status, errors } = await getProblem(other);
      expect(status, other).to.equal(400);
      expect(errors?.[0]?.path).to.equal('cursor');
      expect(errors?.[0]?.message).to.contain('expected the next_cursor of an answer to the same question');
    }
    // The size of the page is no part of the question.
    expect((await getJson<ShownPage>(url('/events', { ...given, limit: '3' }))).events).to.have.length(3);
  });

  const bad: readonly [string, string][] = [
    ['/events?limit=0', 'limit'],
    ['/events?limit=1001', 'limit'],
    ['/events?limit=-1', 'limit'],
    ['/events?limit=1.5', 'limit'],
    ['/events?limit=', 'limit'],
    ['/events?limit=1&limit=2', 'limit'],
    ['/events?order=up', 'order'],
    ['/events?cursor=', 'cursor'],
    ['/events?cursor=abc', 'cursor'],
    [`/events?cursor=${'A'.repeat(5000)}`, 'cursor'],
    ['/events?from=yesterday', 'from'],
    ['/events?to=2024-02-30', 'to'],
    ['/events?from=-1', 'from'],
    ['/events?from=2024-01-02&to=2024-01-01', 'to'],
    ['/events?session_id=', 'session_id'],
    ['/events?session_id=a&session_id=b', 'session_id'],
    [`/events?category=${'x'.repeat(257)}`, 'category'],
    [`/sessions/${'x'.repeat(257)}`, 'session_id'],
    ['/sessions/%FF', 'path'],
    ['/sessions/%', 'path'],
    ['/sessions/%E0%A4%A', 'path'],
    ['/categories/%C3%28', 'path'],
    ['/categories/a?limit=x', 'limit'],
    ['/events/rejected?limit=1001', 'limit'],
    ['/events/rejected?reason=', 'reason'],
    ['/events/rejected?from=x', 'from'],
    ['/events/rejected?cursor=x', 'cursor'],
  ];
  for (const [path, parameter] of bad) {
    it(`refuses ${path.slice(0, 60)}`, async () => {
      const { status, errors } = await getProblem(`${service.url}${path}`);
      expect(status).to.equal(400);
      expect(errors?.map(({ path }) => path)).to.deep.equal([parameter]);
      expect(errors?.[0]?.message).to.match(/^received .+, expected .+/);
    });
  }
});
