import type { IncomingHttpHeaders } from 'node:http';
import {
  context,
  isSpanContextValid,
  propagation,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
} from '@opentelemetry/api';
import { messageOf } from './errors.ts';

/** Of OpenTelemetry's API alone: an SDK that the operator loads makes something of it, and without one it is nothing. */
const tracer = trace.getTracer('clickhour');

/** `00-<trace id>-<parent id>-<flags>`, and what later versions may add: https://www.w3.org/TR/trace-context/ */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_CHARACTERS = 512;

/** Reads the header `traceparent`. @returns undefined when it is not as the W3C says, so that it counts as none */
export function parseTraceparent(header: string): SpanContext | undefined {
  if (header.length > MAX_CHARACTERS) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(header) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  const found = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(found) ? found : undefined;
}

/** Which trace something belongs to, as log lines name it. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export function idsOf(span: Span): TraceIds {
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}

/**
 * Begins the span of a request, as a child of the one that is active, or else of the one that its headers name.
 * @returns undefined when it is of no trace
 */
export function startRequestSpan(headers: IncomingHttpHeaders, options: SpanOptions): Span | undefined {
  const active = context.active();
  const span = tracer.startSpan(
    'request',
    options,
    trace.getSpan(active) === undefined ? extract(active, headers) : active,
  );
  return isSpanContextValid(span.spanContext()) ? span : undefined;
}

/** What the SDK's propagators find goes before what is found without one. */
function extract(active: Context, headers: IncomingHttpHeaders): Context {
  const { traceparent } = headers;
  const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  return propagation.extract(parent === undefined ? active : trace.setSpanContext(active, parent), headers);
}

/** Does work while a span is the active one, and ends the span with it. */
export async function within<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Does work in a span of its own, where there are any. */
export async function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, options);
  return isSpanContextValid(span.spanContext()) ? await within(span, work) : await work();
}
