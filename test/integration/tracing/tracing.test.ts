import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const TRACED = { headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` } };

describe('With an OpenTelemetry SDK', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let service: TestApp;

  before(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(provider);
    service = await startTestApp();
  });
  after(async () => {
    await service.remove();
    await provider.shutdown();
    trace.disable();
    context.disable();
  });
  beforeEach(() => exporter.reset());

  const named = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);
  const found = async (name: string): Promise<ReadableSpan> => {
    await eventually(() => expect(named(name), name).not.to.be.empty);
    return named(name)[0] as ReadableSpan;
  };

  it('a request is a span of its sender’s trace, and the journal append one of it; an INSERT is of no request', async () => {
    const sent = `${service.url}/analytics?timestamp=${Date.now()}&user=ada&click`;
    expect((await fetch(sent, { method: 'POST', ...TRACED })).status).to.equal(204);
    const request = await found('POST /analytics');
    expect(request.spanContext().traceId).to.equal(TRACE_ID);
    expect(request.parentSpanContext?.spanId).to.equal(PARENT_ID);
    expect(request.attributes).to.include({ 'http.route': '/analytics', 'http.response.status_code': 204 });
    expect((await found('journal append')).parentSpanContext?.spanId).to.equal(request.spanContext().spanId);
    const insert = await found('INSERT');
    expect(insert.parentSpanContext).to.equal(undefined);
    expect(insert.spanContext().traceId).not.to.equal(TRACE_ID);
    expect(insert.attributes).to.include({ 'db.system.name': 'clickhouse', 'db.collection.name': 'events' });
  });

  for (const path of ['/events', '/events/names', '/analytics?timestamp=0', '/events/funnel?step=a&step=b']) {
    it(`what a question asks of ClickHouse is part of its request: ${path}`, async () => {
      expect((await fetch(service.url + path, TRACED)).status).to.equal(200);
      const request = await found(`GET ${path.split('?')[0]}`);
      expect(request.spanContext().traceId).to.equal(TRACE_ID);
      const queries = named('SELECT').filter((span) => span.spanContext().traceId === TRACE_ID);
      expect(queries).not.to.be.empty;
      for (const query of queries) expect(query.parentSpanContext?.spanId).to.equal(request.spanContext().spanId);
    });
  }
});
