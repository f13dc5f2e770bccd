import { expect } from 'chai';
import { formatTimeUs } from '../../../server/events/time.ts';
import { insertRows } from '../../support/clickhouse/insert-events.ts';
import { NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { getJson, getProblem } from '../../support/http/pages.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

interface Shown {
  readonly received_at: string;
  readonly application: string;
  readonly reason: string;
  readonly errors: unknown;
  readonly payload: string;
}

interface Page {
  readonly rejected: readonly Shown[];
  readonly next_cursor: string | null;
}

interface Summary {
  readonly total: number;
  readonly groups: readonly { readonly message: string; readonly count: number }[];
}

const COUNT = 90;
const PAYLOADS = ['{"half', '', '\u0000', '{"a":"\\ud800"}', '\ufffd', 'line\nbreak\t"\\', '👩‍🚀\u2028'];

describe('GET /events/rejected', () => {
  let service: TestApp;
  // Rows older than the TTL would go away, so they are of today; several share a microsecond.
  const nowUs = Date.now() * 1000;
  const rows = Array.from({ length: COUNT }, (_, n) => ({
    received_at: nowUs - Math.floor(n / 2) * 7_200_000_000,
    event_id: `r${String((n * 37) % COUNT).padStart(3, '0')}`,
    application: ['', 'shop', 'blog'][n % 3] ?? '',
    reason: ['malformed', 'schema'][n % 2] ?? '',
    errors: `[{"path":"data.n","message":"received ${n}, expected \\"x\\""}]`,
    payload: PAYLOADS[n % PAYLOADS.length] ?? '',
  }));

  before(async () => {
    service = await startTestApp();
    // A server may be up before its tables are.
    await eventually(async () => insertRows(service.database, 'rejected_events', rows), 20_000);
  });
  after(async () => service.remove());

  type Row = (typeof rows)[number];
  const expected = (matches: (row: Row) => boolean): Shown[] =>
    rows
      .filter(matches)
      .sort((a, b) => b.received_at - a.received_at || (a.event_id > b.event_id ? -1 : 1))
      .map(({ received_at, application, reason, errors, payload }) => ({
        received_at: formatTimeUs(received_at),
        application,
        reason,
        errors: JSON.parse(errors) as unknown,
        payload,
      }));

  async function all(parameters: Record<string, string>): Promise<Shown[]> {
    const found: Shown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = new URLSearchParams({ ...parameters, ...(cursor === '' ? {} : { cursor }) });
      const page: Page = await getJson<Page>(`${service.url}/events/rejected?${query.toString()}`);
      found.push(...page.rejected);
      cursor = page.next_cursor;
    }
    return found;
  }

  const summary = async (query = '') => getJson<Summary>(`${service.url}/events/rejected/summary?${query}`);

  it('shows the newest first, each with its reason, its errors and the exact text', async () => {
    const page = await getJson<Page>(`${service.url}/events/rejected`);
    expect(page).to.deep.equal({ rejected: expected(() => true), next_cursor: null });
  });

  it('gives each once over all pages', async () => {
    for (const limit of ['1', '7', '89', '90']) {
      expect(await all({ limit }), limit).to.deep.equal(expected(() => true));
    }
  });

  it('filters by reason, application and time, in any mix', async () => {
    const limit = '4';
    const at = rows[30]?.received_at ?? 0;
    const [from, to] = [formatTimeUs(at), formatTimeUs(nowUs)];
    expect(await all({ limit, reason: 'schema' })).to.deep.equal(expected(({ reason }) => reason === 'schema'));
    expect(await all({ limit, application: '' })).to.deep.equal(expected(({ application }) => application === ''));
    expect(await all({ limit, from, to })).to.deep.equal(
      expected(({ received_at }) => received_at >= at && received_at < nowUs),
    );
    expect(await all({ limit, from, application: 'shop', reason: 'malformed' })).to.deep.equal(
      expected((row) => row.received_at >= at && row.application === 'shop' && row.reason === 'malformed'),
    );
    expect(await all({ reason: 'nothing' })).to.deep.equal([]);
  });

  it('refuses a cursor of another question', async () => {
    const { next_cursor: cursor } = await getJson<Page>(`${service.url}/events/rejected?limit=1`);
    for (const path of ['/events/rejected?reason=schema&', '/events?']) {
      const { status, errors } = await getProblem(`${service.url}${path}cursor=${cursor}`);
      expect(status).to.equal(400);
      expect(errors?.[0]?.path).to.equal('cursor');
    }
  });

  it('are counted by what is wrong with them, each once', async () => {
    await insertRows(service.database, 'rejected_events', [
      ...rows.slice(0, 5),
      {
        ...rows[0],
        event_id: 'two errors',
        reason: 'shape',
        errors: JSON.stringify([
          { path: 'data.items.12.price', message: 'received "a, expected b", expected a number' },
          { path: 'data.items.3.price', message: 'received null, expected a number' },
          { path: '', message: 'is too much' },
        ]),
      },
    ]);
    const last = formatTimeUs(nowUs);
    const group = (reason: string, path: string, message: string, count: number) => ({
      reason,
      path,
      message,
      count,
      last,
    });
    expect(await summary()).to.deep.equal({
      total: COUNT + 1,
      groups: [
        group('malformed', 'data.n', 'expected "x"', COUNT / 2),
        group('schema', 'data.n', 'expected "x"', COUNT / 2),
        group('shape', '', 'is too much', 1),
        group('shape', 'data.items.*.price', 'expected a number', 1),
      ],
    });
    expect(await summary('reason=schema&application=shop')).to.deep.equal({
      total: 15,
      groups: [group('schema', 'data.n', 'expected "x"', 15)],
    });
    expect(await summary('limit=1'))
      .to.have.property('groups')
      .with.length(1);
    expect(await summary('reason=other')).to.deep.equal({ total: 0, groups: [] });
    expect(await getProblem(`${service.url}/events/rejected/summary?limit=0`)).to.have.property('status', 400);
  });

  it('are counted together when their times are too far ahead, whenever they came', async () => {
    for (let times = 0; times < 3; times += 1) {
      await postEvents(service.url, '{"name":"late","timestamp":"2089-06-01"}');
      await fetch(`${service.url}/analytics?timestamp=4000000000000&user=ada&click`, { method: 'POST' });
    }
    await eventually(async () => {
      const { groups } = await summary('reason=timestamp');
      expect(groups.map(({ count, message }) => [count, message])).to.deep.equal([
        [3, "expected a time at most 300000 ms ahead of this server's"],
        [3, 'expected a whole number of milliseconds since the epoch, from 0 to now + 300000'],
      ]);
    });
  });

  it('are counted as far as they are not kept, too, and once more for a body that came again', async () => {
    const { total } = await summary();
    const body = '{"category":"much"}\n'.repeat(1_500);
    for (let times = 1; times <= 2; times += 1) {
      await postEvents(service.url, body, NDJSON);
      await eventually(async () => expect((await summary('limit=1')).total).to.equal(total + times * 1_500));
    }
    const omitted = await summary('reason=omitted');
    expect(omitted.total).to.equal(1_000);
    expect(omitted.groups.map(({ count }) => count)).to.deep.equal([1_000]);
    expect(omitted.groups[0]?.message).to.match(/^more events of this body were rejected/);
  });
});
