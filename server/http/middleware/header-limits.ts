import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import { invalid, show } from '../../common/errors.ts';

/**
 * Every header that is read here, and how many characters of it are looked at: more than any client needs, and so few
 * that no way of reading them takes long.
 */
export const HEADER_LIMITS: Readonly<Record<string, number>> = {
  accept: 2048,
  'accept-encoding': 1024,
  'access-control-request-headers': 2048,
  'access-control-request-method': 64,
  authorization: 4096,
  'cache-control': 1024,
  'content-encoding': 256,
  'content-length': 32,
  'content-type': 1024,
  host: 512,
  'idempotency-key': 2048,
  'if-modified-since': 256,
  'if-none-match': 2048,
  'last-event-id': 512,
  origin: 512,
  'x-forwarded-for': 4096,
};

const LIMITS = Object.entries(HEADER_LIMITS);

/** Refuses a request with a header that is too long, before anybody reads it. */
export const headerLimits: Middleware = ({ req }, next) => {
  expectWithinLimits(req.headers);
  return next();
};

/** @throws AppError `invalid` */
function expectWithinLimits(headers: IncomingHttpHeaders): void {
  for (const [name, limit] of LIMITS) {
    const value = headers[name];
    if (value === undefined || value.length <= limit) continue;
    throw invalid([{ path: name, message: `received ${show(value)}, expected at most ${limit} characters` }]);
  }
}
