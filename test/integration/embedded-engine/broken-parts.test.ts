import { expect } from 'chai';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Closing } from '../../../server/closing.ts';
import type { HealthReport } from '../../../server/health/health.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { ask } from '../../support/http/ask.ts';
import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { eventually } from '../../support/http/outcome.ts';
import { silentLog } from '../../support/logs.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { tempDir } from '../../support/temp-dir.ts';

const DATABASE = 'test_broken';

describe('Parts that ClickHouse cannot read', () => {
  let closing: Closing;
  let directory: string;
  let engine: Engine;
  let service: TestApp;

  beforeEach(async () => {
    closing = new Closing();
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    directory = path.join(temporary.path, 'clickhouse');
    await start();
  });
  afterEach(async () => {
    await service.remove();
    await closing.close();
  });

  async function start(): Promise<void> {
    engine = await startEngine({ directory, log: silentLog, database: 'test_*' });
    closing.add('engine', () => engine.close());
    service = await startTestApp({ clickhouse: engine.endpoint, database: DATABASE });
  }

  async function sql(query: string): Promise<string> {
    return await ask(engine.endpoint, 'admin', query);
  }

  async function health(): Promise<HealthReport> {
    return (await (await fetch(`${service.url}/health`)).json()) as HealthReport;
  }

  it('are put aside, and /health and a metric say so for as long as they lie there', async () => {
    expect((await postEvents(service.url, eventText({ user: 'ada' }), NDJSON)).status).to.equal(202);
    const parts = `FROM system.parts WHERE database = '${DATABASE}' AND table = 'events' AND active`;
    await eventually(async () => expect(await sql(`SELECT count() ${parts}`)).to.equal('1'));
    expect((await health()).status).to.equal('ok');
    const part = await sql(`SELECT path ${parts}`);
    await service.remove();
    await engine.close();
    const file = await open(path.join(part, 'data.bin'), 'r+');
    await file.truncate(1);
    await file.close();

    await start();
    const { status, parts: reported } = await health();
    expect([status, reported.schema.state]).to.deep.equal(['degraded', 'ready']);
    const [finding, ...others] = reported.schema.findings ?? [];
    expect(others).to.deep.equal([]);
    expect(finding?.what).to.equal('parts of events that ClickHouse could not read and has put aside');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).to.match(/^clickhour_findings\{severity="warning"\} 1$/m);
    expect(metrics).to.match(/^clickhour_findings\{severity="blocking"\} 0$/m);

    await rm(/the first of which is (\S+)/.exec(finding?.found ?? '')?.[1] ?? '', { recursive: true });
    await service.remove();
    service = await startTestApp({ clickhouse: engine.endpoint, database: DATABASE });
    expect((await health()).status).to.equal('ok');
  });
});
