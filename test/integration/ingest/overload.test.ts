import { expect } from 'chai';
import { Outcomes } from '../../../bench/load/outcomes.ts';
import { runPhase } from '../../../bench/load/open-loop.ts';
import { connect } from '../../../server/clickhouse/client.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

/** Every turn counts as a long one, so that a few hundred connections are too many on any machine. */
const EARLY = {
  longTurnMs: 0,
  longTurnRequests: 2,
  longTurns: 1,
  writeTurnMs: 1,
  readTurnMs: 60_000,
  calmMs: 50,
};

describe('Under more load than there is time for', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ admission: EARLY });
  });
  after(async () => service.remove());

  const statusOf = async (path: string) => {
    const answer = await fetch(`${service.url}${path}`);
    await answer.text();
    return answer.status;
  };

  it('refuses early with Retry-After, keeps answering questions, and stores what it acknowledged and nothing else', async function () {
    this.timeout(60_000);
    const outcomes = new Outcomes(1);
    const phase = runPhase({ url: service.url, seconds: 2, connections: 300 }, outcomes);
    const statuses = new Set<number>();
    for (let i = 0; i < 20; i += 1) {
      for (const path of ['/health/live', `/analytics?timestamp=${Date.now()}`, '/openapi.json'])
        statuses.add(await statusOf(path));
    }
    const { total, refusalsWithoutRetryAfter, others } = await phase;
    expect(total.accepted, 'accepted').to.be.greaterThan(0);
    expect(total.refused, 'refused').to.be.greaterThan(0);
    expect(refusalsWithoutRetryAfter + others).to.equal(0);
    expect([...statuses]).to.deep.equal([200]);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).to.contain(`clickhour_http_shed_total{kind="write"} ${total.refused}\n`);

    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: service.database });
    try {
      await eventually(async () =>
        expect(await outcomes.check(client)).to.deep.equal({
          acknowledged: total.accepted,
          missing: 0,
          twice: 0,
          refusedAndStored: 0,
          unknownAndStored: 0,
        }),
      );
    } finally {
      await client.close();
    }
  });

  it('lets in what operators ask, and nothing whose path begins alike', async function () {
    this.timeout(60_000);
    const phase = runPhase({ url: service.url, seconds: 2, connections: 300 }, new Outcomes(2));
    const statuses = new Set<number>();
    for (let tries = 0; tries < 200 && !statuses.has(503); tries += 1) {
      const answer = await fetch(`${service.url}/healthXYZ`, { method: 'POST' });
      statuses.add(answer.status);
      await answer.text();
      expect(await statusOf('/health/live')).to.equal(200);
    }
    await phase;
    expect([...statuses]).to.include(503);
  });

  it('makes Segment clients wait with 429, and PostHog clients with 503', async function () {
    this.timeout(60_000);
    for (const [path, status] of [
      ['/v1/batch', 429],
      ['/v1/t/?writeKey=k', 429],
      ['/beacon/v1/batch', 429],
      ['/batch/', 503],
    ] as const) {
      const phase = runPhase({ url: service.url, seconds: 1, connections: 300 }, new Outcomes(3));
      let answer: Response;
      let tries = 0;
      do {
        answer = await fetch(`${service.url}${path}`, { method: 'POST', body: '[]' });
        await answer.text();
        tries += 1;
      } while (answer.status === 200 && tries < 500);
      await phase;
      expect(answer.status, path).to.equal(status);
      expect(Number(answer.headers.get('Retry-After')), path).to.be.at.least(1);
    }
  });

  it('takes everything again right after', async () => {
    await new Promise((resolve) => setTimeout(resolve, EARLY.calmMs));
    await statusOf('/health/live');
    for (let i = 0; i < 20; i += 1) {
      const answer = await fetch(`${service.url}/analytics?timestamp=1&user=ada&click`, { method: 'POST' });
      expect(answer.status).to.equal(204);
    }
  });
});
