import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import { programFile } from '../../../server/common/project-root.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startServer, type ServerProcess } from '../../support/server/server-process.ts';
import type { WrittenSpan } from './spans-to-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const TRACED = { headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` } };

describe('With an OpenTelemetry SDK', () => {
  const closing = new Closing();
  let service: ServerProcess;
  let file: string;

  before(async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    file = path.join(directory.path, 'spans');
    service = await startServer({
      ...endpointEnv(testEndpoint()),
      CLICKHOUSE_DATABASE: database.name,
      DATA_DIR: directory.path,
      NODE_OPTIONS: `--import=${programFile('test/integration/tracing/spans-to-file.js')}`,
      SPANS: file,
    });
    closing.add('service', () => service.stop());
  });
  after(async () => closing.close());
  beforeEach(async () => writeFile(file, ''));

  async function named(name: string): Promise<WrittenSpan[]> {
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as WrittenSpan).filter((span) => span.name === name);
  }

  async function found(name: string): Promise<WrittenSpan> {
    await eventually(async () => expect(await named(name), name).not.to.be.empty);
    const [span] = await named(name);
    return span as WrittenSpan;
  }

  it('a request is a span of its sender’s trace, and the journal append one of it; an INSERT is of no request', async () => {
    const sent = `${service.url}/analytics?timestamp=${Date.now()}&user=ada&click`;
    expect((await fetch(sent, { method: 'POST', ...TRACED })).status).to.equal(204);
    const request = await found('POST /analytics');
    expect(request).to.include({ traceId: TRACE_ID, parentSpanId: PARENT_ID });
    expect(request.attributes).to.include({ 'http.route': '/analytics', 'http.response.status_code': 204 });
    expect(await found('journal append')).to.include({ traceId: TRACE_ID, parentSpanId: request.spanId });
    const insert = await found('INSERT');
    expect(insert).not.to.have.property('parentSpanId');
    expect(insert.traceId).not.to.equal(TRACE_ID);
    expect(insert.attributes).to.include({ 'db.system.name': 'clickhouse', 'db.collection.name': 'events' });
  });

  for (const question of ['/events', '/events/names', '/analytics?timestamp=0', '/events/funnel?step=a&step=b']) {
    it(`what a question asks of ClickHouse is part of its request: ${question}`, async () => {
      expect((await fetch(service.url + question, TRACED)).status).to.equal(200);
      const request = await found(`GET ${question.split('?')[0]}`);
      expect(request.traceId).to.equal(TRACE_ID);
      const queries = (await named('SELECT')).filter(({ traceId }) => traceId === TRACE_ID);
      expect(queries).not.to.be.empty;
      for (const { parentSpanId } of queries) expect(parentSpanId).to.equal(request.spanId);
    });
  }
});
