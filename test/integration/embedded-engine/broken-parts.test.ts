import { expect } from 'chai';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { Closing } from '../../../server/closing.ts';
import { ask } from '../../support/http/ask.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { health } from '../../support/http/health.ts';
import { eventually } from '../../support/http/outcome.ts';
import { silentLog } from '../../support/logs.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { tempDir } from '../../support/temp-dir.ts';

const DATABASE = 'test_broken';
const PARTS = `FROM system.parts WHERE database = '${DATABASE}' AND table = 'events' AND active`;

interface Running {
  readonly engine: Engine;
  readonly service: TestApp;
}

describe('Parts that ClickHouse cannot read', () => {
  let closing: Closing;
  let running: Closing;
  let directory: string;

  beforeEach(async () => {
    closing = new Closing();
    running = new Closing();
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    closing.add('what runs', () => running.close());
    directory = path.join(temporary.path, 'clickhouse');
  });
  afterEach(async () => closing.close());

  /** Once the service has looked at ClickHouse. */
  async function start(): Promise<Running> {
    const engine = await startEngine({ directory, log: silentLog, database: 'test_*' });
    running.add('engine', () => engine.close());
    const service = await startTestApp({ clickhouse: engine.endpoint, database: DATABASE });
    running.add('service', () => service.remove());
    await eventually(async () => expect((await health(service)).parts.schema.state).to.equal('ready'));
    return { engine, service };
  }

  it('are put aside, and /health and a metric say so for as long as they lie there', async () => {
    const first = await start();
    expect((await postEvents(first.service.url, eventText({ user: 'ada' }), NDJSON)).status).to.equal(202);
    const sql = async (query: string) => ask(first.engine.endpoint, 'admin', query);
    await eventually(async () => expect(await sql(`SELECT count() ${PARTS}`)).to.equal('1'));
    expect((await health(first.service)).status).to.equal('ok');
    const part = await sql(`SELECT path ${PARTS}`);
    await running.close();
    const file = await open(path.join(part, 'data.bin'), 'r+');
    await file.truncate(1);
    await file.close();

    const { service } = await start();
    const { status, parts } = await health(service);
    expect(status).to.equal('degraded');
    const [finding, ...others] = parts.schema.findings ?? [];
    expect(others).to.deep.equal([]);
    expect(finding?.what).to.equal('parts of events that ClickHouse could not read and has put aside');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).to.match(/^clickhour_findings\{severity="warning"\} 1$/m);
    expect(metrics).to.match(/^clickhour_findings\{severity="blocking"\} 0$/m);

    await rm(/the first of which is (\S+)/.exec(finding?.found ?? '')?.[1] ?? '', { recursive: true });
    await running.close();
    expect((await health((await start()).service)).status).to.equal('ok');
  });
});
