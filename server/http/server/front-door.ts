import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdmissionLimits } from '../../config/config.ts';
import { AppError } from '../../common/errors.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { Admission } from './admission.ts';
import { crossOriginHeaders } from '../middleware/cross-origin.ts';
import { problemOf } from '../middleware/problem.ts';

export interface FrontDoorOptions {
  readonly admission: AdmissionLimits;
  /** Whose pages may read a refusal; see `crossOrigin`. */
  readonly corsOrigins: readonly string[];
}

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** What operators and their tools ask, path by path. */
export const NEVER_SHED: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready', '/metrics']);

const DETAIL = 'More requests arrive than this server can answer in time; nothing was stored or read';

/** Nothing in it but ASCII, so that its length is its bytes. */
const REFUSAL = JSON.stringify({ type: 'about:blank', ...problemOf(new AppError('overloaded', DETAIL)) });

/**
 * Comes before everything else: hands requests on that there is time for, and answers the others with 503 for as little
 * work as Node allows, without looking at who sends them or what they say. Operators are always let in.
 */
export function frontDoor(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { admission: limits, corsOrigins }: FrontDoorOptions,
  { httpShed }: Pick<Metrics, 'httpShed'>,
): Handle {
  const admission = new Admission({
    limits,
    nowMs: () => performance.now(),
    atEndOfTurn: setImmediate,
  });
  const forPages = crossOriginHeaders(corsOrigins);
  const shed = { write: httpShed.labels('write'), read: httpShed.labels('read') };
  return (request, response) => {
    const isWrite = request.method === 'POST';
    if (admission.takes(isWrite) || isForOperators(request)) {
      void handle(request, response);
      return;
    }
    shed[isWrite ? 'write' : 'read'].inc();
    refuse(request, response, {
      'Retry-After': admission.retryAfterS,
      ...forPages(request.headers.origin),
    });
  };
}

function isForOperators({ url = '' }: IncomingMessage): boolean {
  const query = url.indexOf('?');
  return NEVER_SHED.has(query === -1 ? url : url.slice(0, query));
}

function refuse(
  { method }: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string | number>>,
): void {
  response.writeHead(503, {
    'Content-Type': 'application/problem+json',
    'Content-Length': REFUSAL.length,
    ...headers,
    'X-Request-Id': randomUUID(),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  response.end(method === 'HEAD' ? undefined : REFUSAL);
}
