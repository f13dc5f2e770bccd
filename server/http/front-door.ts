import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdmissionLimits } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import { Admission } from './admission.ts';
import { problemOf } from './problem.ts';

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const DETAIL = 'More requests arrive than this server can answer in time; nothing was stored or read';

/** Nothing in it but ASCII, so that its length is its bytes. */
const REFUSAL = JSON.stringify({ type: 'about:blank', ...problemOf(new AppError('overloaded', DETAIL)) });

/**
 * Comes before everything else: hands requests on that there is time for, and answers the others with 503 for as little
 * work as Node allows, without looking at who sends them or what they say. Operators are always let in.
 */
export function frontDoor(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  limits: AdmissionLimits,
  { httpShed }: Pick<Metrics, 'httpShed'>,
): Handle {
  const admission = new Admission({
    limits,
    nowMs: () => performance.now(),
    atEndOfTurn: setImmediate,
  });
  const shed = { write: httpShed.labels('write'), read: httpShed.labels('read') };
  return (request, response) => {
    const isWrite = request.method === 'POST';
    if (admission.takes(isWrite) || isForOperators(request)) {
      void handle(request, response);
      return;
    }
    shed[isWrite ? 'write' : 'read'].inc();
    refuse(request, response, admission.retryAfterS);
  };
}

function isForOperators({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/health') || url.startsWith('/metrics');
}

function refuse({ method }: IncomingMessage, response: ServerResponse, retryAfterS: number): void {
  response.writeHead(503, {
    'Content-Type': 'application/problem+json',
    'Content-Length': REFUSAL.length,
    'Retry-After': retryAfterS,
    'X-Request-Id': randomUUID(),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  response.end(method === 'HEAD' ? undefined : REFUSAL);
}
