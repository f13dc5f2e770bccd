import { expect } from 'chai';
import type { QuestionLimits } from '../../../server/clickhouse/query.ts';
import { defaults } from '../../../server/config/config.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { getJson, getProblem, type ShownPage } from '../../support/http/pages.ts';
import { readStream } from '../../support/http/read-stream.ts';
import { keptLog } from '../../support/logs.ts';
import { PASS, startProxy, type Fault, type Proxy } from '../../support/server/proxy.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const ROWS = 40_000;

describe('A question that goes over a limit', () => {
  let service: TestApp | undefined;

  async function start(limits: Partial<QuestionLimits>): Promise<string> {
    service = await startTestApp({ questions: { ...defaults.questions, ...limits } });
    const rows = Array.from({ length: ROWS }, (_, n) =>
      eventRow({
        timestamp: Date.UTC(2024, 0, 1) * 1000 + n * 1_000_000,
        event_id: `e${n}`,
        session_id: `s${Math.floor(n / 10)}`,
        application: n === 0 ? 'rare' : 'shop',
        data: `{"text":"${'x'.repeat(100)}"}`,
      }),
    );
    await insertRows(service.database, 'events', rows);
    return service.url;
  }
  afterEach(async () => {
    await service?.remove();
    service = undefined;
  });

  it('on the rows read gets 422 and is told how to ask for less; a narrower one is answered', async () => {
    const url = await start({ maxRowsRead: 20_000 });
    const { status, detail } = await getProblem(`${url}/events?application=rare&order=desc&limit=5`);
    expect(status).to.equal(422);
    expect(detail).to.equal(
      'received a question that needs to read more than 20000 rows, ' +
        'expected a shorter range (from, to), a session_id, a category and name, or a smaller limit',
    );
    const hour = 'from=2024-01-01T00:00:00Z&to=2024-01-01T01:00:00Z';
    const narrower = await getJson<ShownPage>(`${url}/events?application=rare&limit=5&${hour}`);
    expect(narrower.events.map(({ event_id }) => event_id)).to.deep.equal(['e0']);
    const session = await getJson<ShownPage>(`${url}/sessions/s77`);
    expect(session.events).to.have.length(10);
    const newest = await getJson<ShownPage>(`${url}/events?order=desc&limit=5`);
    expect(newest.events[0]).to.include({ event_id: `e${ROWS - 1}` });
  });

  it('on the size of the answer gets 422; a smaller page is answered', async () => {
    const url = await start({ maxResultBytes: 50_000 });
    const { status, detail } = await getProblem(`${url}/events?limit=1000`);
    expect(status).to.equal(422);
    expect(detail).to.contain('needs an answer of more than 50000 bytes').and.contain('a smaller limit');
    expect((await getJson<ShownPage>(`${url}/events?limit=20`)).events).to.have.length(20);
  });

  it('on memory gets 422', async () => {
    const url = await start({ maxMemoryBytes: 200_000 });
    const { status, detail } = await getProblem(`${url}/events?limit=1000`);
    expect(status).to.equal(422);
    expect(detail).to.contain('needs more than 200000 bytes of memory');
  });

  it('about the top gets 422 too; one about a shorter range is answered', async () => {
    const url = await start({ maxRowsRead: 40_000 });
    const { status, detail } = await getProblem(`${url}/events/top?by=data.text`);
    expect(status).to.equal(422);
    expect(detail).to.contain('expected a shorter range (from, to or window), a category and name');
    const hour = 'category=page+interaction&name=pageview&from=2024-01-01T00:00:00Z&to=2024-01-01T01:00:00Z';
    expect(await getJson(`${url}/events/top?by=data.text&show=data.text&${hour}`)).to.deep.include({
      top: [{ key: 'x'.repeat(100), count: 3600, 'data.text': 'x'.repeat(100) }],
    });
  });

  for (const path of ['/analytics/hours?from=1704067200000&to=1704110400000', '/analytics?timestamp=1704067200000']) {
    it(`about hours gets 422, too: ${path}`, async () => {
      const url = await start({ maxRowsRead: 5 });
      const clicks = Array.from({ length: 12 }, (_, hour) =>
        eventRow({ timestamp: Date.UTC(2024, 0, 1, hour) * 1000, category: 'analytics', name: 'click', user: 'u' }),
      );
      await insertRows(service?.database ?? '', 'events', clicks);
      const { status, detail } = await getProblem(url + path);
      expect(status).to.equal(422);
      expect(detail).to.equal(
        'received a question that needs to read more than 5 rows, expected fewer hours at once (from, to)',
      );
    });
  }

  it('is told so in a stream, which stays open', async () => {
    const url = await start({ maxRowsRead: 20_000 });
    const { status, detail } = await getProblem(`${url}/events/top?by=data.text`);
    const reader = await readStream(`${url}/events/top/stream?by=data.text`);
    await reader.atLeast(2);
    reader.leave();
    for (const { event, text } of reader.received) {
      expect(event).to.equal('problem');
      const { problem } = JSON.parse(text) as { problem: object };
      expect(problem).to.deep.equal({ title: 'Unprocessable Entity', status, detail });
    }
  });

  it('on time gets 422', async () => {
    const url = await start({ maxSeconds: 0.001 });
    const { status, detail } = await getProblem(`${url}/events?application=nobody`);
    expect(status).to.equal(422);
    expect(detail).to.contain('needs more than 0.001 s');
  });
});

describe('A question that ClickHouse does not answer', () => {
  let proxy: Proxy;
  let service: TestApp;
  let fault: Fault = PASS;
  const { log, lines } = keptLog();

  before(async () => {
    proxy = await startProxy({ target: testEndpoint().urls[0], judge: () => fault });
    service = await startTestApp({ clickhouse: { ...testEndpoint(), urls: [proxy.url] } }, { log });
  });
  after(async () => {
    await service.remove();
    await proxy.close();
  });
  afterEach(() => {
    fault = PASS;
    lines.length = 0;
  });

  for (const query of ['SELECT noSuchFunction(1)', 'SELECT sum(1', "SELECT 1 + 'a'", 'SELECT {a:UInt8}']) {
    it(`because it refuses ours gets 500, and the log has the reason: ${query}`, async () => {
      fault = { do: 'instead', query };
      const { status, detail } = await getProblem(`${service.url}/events`);
      fault = PASS;
      expect([status, detail]).to.deep.equal([500, 'The reason is in the log of the server']);
      expect(JSON.stringify(lines)).to.contain('a request failed').and.contain('ClickHouseError');
    });
  }

  it('for its own state gets 503, and may be asked again', async () => {
    const answer = { do: 'answer', code: 241, type: 'MEMORY_LIMIT_EXCEEDED' } as const;
    fault = { ...answer, message: '(total) memory limit exceeded: would use 8.00 GiB' };
    expect((await getProblem(`${service.url}/events`)).status).to.equal(503);
    fault = { ...answer, message: 'Query memory limit exceeded: would use 1.01 GiB' };
    expect((await getProblem(`${service.url}/events`)).status).to.equal(422);
    fault = PASS;
    expect(await getJson(`${service.url}/events`)).to.deep.equal({ events: [], next_cursor: null });
  });
});
