import { appendFileSync } from 'node:fs';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** A span that has ended, as it is in the file. */
export interface WrittenSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: ReadableSpan['attributes'];
}

// Loaded before the service, as an operator loads an SDK: it writes each span that has ended to the file `SPANS`, a line each.
const { SPANS: file = '' } = process.env;

const toFile: SpanProcessor = {
  onStart: () => undefined,
  onEnd: (span) => {
    const { name, attributes, parentSpanContext } = span;
    const { traceId, spanId } = span.spanContext();
    const parent = parentSpanContext === undefined ? {} : { parentSpanId: parentSpanContext.spanId };
    const written: WrittenSpan = { name, traceId, spanId, ...parent, attributes };
    appendFileSync(file, `${JSON.stringify(written)}\n`);
  },
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [toFile] }));
