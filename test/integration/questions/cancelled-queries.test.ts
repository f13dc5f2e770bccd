import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connectAny } from '../../../server/clickhouse/nodes.ts';
import { queryRows } from '../../../server/clickhouse/query.ts';
import { defaults } from '../../../server/config/config.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { ask } from '../../support/http/ask.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { PASS, startProxy, type Proxy } from '../../support/server/proxy.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const running = async (mark: string) =>
  Number(
    await ask(
      testEndpoint(),
      'admin',
      `SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(${mark}%' AND query NOT LIKE '%system.processes%'`,
    ),
  );

describe('A query that takes longer than the server waits', () => {
  it('ends in ClickHouse, too', async function () {
    this.timeout(120_000);
    const nodes = connectAny({ endpoint: testEndpoint(), role: 'query', requestTimeoutMs: 2000 });
    const limits = { ...defaults.questions, maxSeconds: 100, maxRowsRead: 1e15 };
    try {
      const endless = `SELECT count() FROM numbers(1000000000000) WHERE sipHash64(7001, number) = 1`;
      const asked = failure(queryRows(nodes, endless, {}, { limits, narrower: 'less' }));
      await eventually(async () => expect(await running('7001')).to.equal(1));
      expect(await asked).to.include({ code: 'unavailable' });
      await eventually(async () => expect(await running('7001')).to.equal(0));
    } finally {
      await nodes.close();
    }
  });
});

describe('The queries of one question', () => {
  it('have the time of a question all together', async function () {
    this.timeout(60_000);
    const nodes = connectAny({ endpoint: testEndpoint(), role: 'query', requestTimeoutMs: 100_000 });
    const limits = { ...defaults.questions, maxSeconds: 1000, maxRowsRead: 1e15 };
    const bounds = { limits, narrower: 'less', endsAtMs: performance.now() + 2000 };
    const isOver = { code: 'too_expensive', message: 'received a question that needs more than 1000 s, expected less' };
    try {
      expect(await queryRows(nodes, 'SELECT 1 AS one', {}, bounds)).to.deep.equal([{ one: 1 }]);
      const endless = `SELECT count() FROM numbers(1000000000000) WHERE sipHash64(7002, number) = 1`;
      expect(await failure(queryRows(nodes, endless, {}, bounds))).to.include(isOver);
      expect(await failure(queryRows(nodes, 'SELECT 1 AS one', {}, bounds))).to.include(isOver);
    } finally {
      await nodes.close();
    }
  });
});

/** Every question, so that it asks ClickHouse whatever else was asked. */
const QUESTIONS = [
  '/analytics?timestamp=1704067200000',
  '/analytics/hours?from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z',
  '/events',
  '/events?where=data.text:x',
  '/sessions/s1',
  '/users/u1',
  '/categories',
  '/categories/shop',
  '/events/names',
  '/events/rejected',
  '/events/rejected/summary',
  '/events/top?by=name',
  '/events/top?by=data.text&show=data.text',
  '/events/top/stream?by=name',
  '/events/series?from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z',
  '/events/series?by=data.text&from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z',
  '/events/funnel?step=pageview&step=sale',
  '/events/retention?first=pageview&from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z',
  '/events/export',
];

const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1 FORMAT JSONEachRow';

describe('A question whose asker goes away', function goingAway() {
  this.timeout(120_000);
  let proxy: Proxy;
  let service: TestApp;

  /** Of the service, with ClickHouse. */
  const underWay = async () =>
    Number(
      await ask(
        testEndpoint(),
        'admin',
        `SELECT count() FROM system.processes WHERE current_database = '${service.database}' AND query_kind = 'Select'`,
      ),
    );
  const becomes = async (expected: number) => eventually(async () => expect(await underWay()).to.equal(expected));
  const askFor = (path: string) => {
    const leaving = new AbortController();
    const answer = failure(fetch(service.url + path, { signal: leaving.signal }).then((found) => found.text()));
    return { answer, leave: () => leaving.abort() };
  };

  before(async () => {
    let isEndless = false;
    proxy = await startProxy({
      target: testEndpoint().urls[0],
      judge: ({ query }) => (isEndless && query.includes('SELECT') ? { do: 'instead', query: ENDLESS } : PASS),
    });
    const questions = { ...defaults.questions, maxSeconds: 100, maxRowsRead: 1e15 };
    service = await startTestApp({ clickhouse: { ...testEndpoint(), urls: [proxy.url] }, questions });
    isEndless = true;
  });
  after(async () => {
    await service.remove();
    await proxy.close();
  });

  for (const path of QUESTIONS) {
    it(`ends in ClickHouse: ${path}`, async () => {
      const { leave, answer } = askFor(path);
      await eventually(async () => expect(await underWay()).to.be.at.least(1));
      leave();
      await becomes(0);
      await answer;
    });
  }

  for (const path of [
    '/events/funnel?step=pageview&step=sale',
    '/analytics/hours?from=1704067200000&to=1704070800000',
  ]) {
    it(`goes on while another waits for the same, and ends with the last: ${path}`, async () => {
      const [first, second] = [askFor(path), askFor(path)];
      await eventually(async () => expect(await underWay()).to.be.at.least(1));
      const before = await underWay();
      first.leave();
      await first.answer;
      await sleep(500);
      expect(await underWay()).to.equal(before);
      second.leave();
      await becomes(0);
    });
  }
});
