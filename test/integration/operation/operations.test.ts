import { expect } from 'chai';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

describe('What operators ask', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  const get = async (path: string) => fetch(`${service.url}${path}`);

  it('says that the process is up and that events can be accepted', async () => {
    expect((await get('/health/live')).status).to.equal(200);
    const ready = await get('/health/ready');
    expect(ready.status).to.equal(200);
    expect(await ready.json()).to.deep.equal({ status: 'ready' });
  });

  it('shows every part with its state', async () => {
    const report = (await (await get('/health')).json()) as {
      status: string;
      parts: Record<string, { state?: string }>;
    };
    expect(report.status).to.equal('ok');
    expect(report.parts['clickhouse']).to.include({ state: 'up' });
    expect(report.parts['clickhouse'])
      .to.have.property('version')
      .that.matches(/^\d+\.\d+/);
    expect(report.parts['journal']).to.deep.equal({ state: 'ok', quarantined: 0 });
    expect(report.parts['schema']).to.deep.equal({ state: 'ready' });
    expect(report.parts['backlog']).to.have.property('events', 0);
  });

  it('accounts for every event: accepted, stored, waiting, rejected', async () => {
    for (let i = 0; i < 3; i += 1) {
      await fetch(`${service.url}/analytics?timestamp=${Date.now()}&user=u${i}&click`, { method: 'POST' });
    }
    await fetch(`${service.url}/analytics?timestamp=x&user=u&click`, { method: 'POST' });
    await eventually(async () => {
      const metrics = await (await get('/metrics')).text();
      expect(metrics).to.match(/^clickhour_events_accepted_total 3$/m);
      expect(metrics).to.match(/^clickhour_events_stored_total 3$/m);
      expect(metrics).to.match(/^clickhour_events_waiting 0$/m);
      expect(metrics).to.match(/^clickhour_events_unaccounted 0$/m);
      expect(metrics).to.match(/^clickhour_oldest_waiting_seconds 0$/m);
      expect(metrics).to.match(/^clickhour_events_rejected_total{reason="timestamp"} 1$/m);
    });
  });

  it('measures requests by route, never by path', async () => {
    await get('/a/path/that/is/nowhere');
    const metrics = await (await get('/metrics')).text();
    expect(metrics).to.contain('route="/health"');
    expect(metrics).to.contain('route="none",status="404"');
    expect(metrics).not.to.contain('nowhere');
  });
});
