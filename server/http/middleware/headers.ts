import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import { invalid, show } from '../../common/errors.ts';
import type { RequestContext, RequestState } from '../operation/context.ts';

/** What an id may be to be taken over into answers and logs: visible ASCII, and short. */
const SANE_ID = /^[\x21-\x7e]{1,128}$/;

/** Keeps a browser from taking data for a page, or putting it into a frame. Pages have a policy of their own (`page.ts`). */
export const PROTECTION = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

/** The id of a request: its own, if it brought one that may be taken over. */
export function requestIdOf({ headers: { 'x-request-id': given } }: IncomingMessage): string {
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

const PROTECTION_IN_ROW = Object.entries(PROTECTION).flat();

/** Gives each request an id, and puts it and what protects browsers into every answer. */
export const standardHeaders: Middleware<RequestState> = async ({ req, res, state }, next) => {
  state.requestId = requestIdOf(req);
  await next();
  if (res.headersSent) return;
  res.setHeader('X-Request-Id', state.requestId);
  for (const [name, value] of Object.entries(PROTECTION)) {
    if (!res.hasHeader(name)) res.setHeader(name, value);
  }
};

/**
 * Sends the head of an answer at once, with the standard headers; the caller sends the rest. For streams, and for the
 * hottest paths: to set headers one by one, or to give them as an object, took a fifth of the JavaScript of a GET.
 * @param headers a name, its value, the next name, and so on
 */
export function writeHead(
  { res, state }: RequestContext,
  status: number,
  headers: readonly string[] = [],
): ServerResponse {
  return res.writeHead(status, [...headers, 'X-Request-Id', state.requestId, ...PROTECTION_IN_ROW]);
}

/**
 * Sends the head of an answer that is written to Node's own response as it comes; Koa leaves that alone. It is not kept,
 * and nginx, and proxies that do as it does, are asked to hand on what comes when it comes.
 */
export function beginStream(ctx: RequestContext, headers: Readonly<Record<string, string>>): ServerResponse {
  const all = { ...headers, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
  const response = writeHead(ctx, 200, Object.entries(all).flat());
  ctx.respond = false;
  return response;
}

/**
 * The headers that are parsed, and how many characters of it are looked at: more than any client needs, and so few
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
  origin: 512,
  'x-forwarded-for': 4096,
};

const LIMITS = new Map(Object.entries(HEADER_LIMITS));

/** Refuses a request with a header that is too long, before anybody reads it. */
export const headerLimits: Middleware = ({ req: { headers } }, next) => {
  for (const name in headers) {
    const limit = LIMITS.get(name);
    const value = headers[name];
    if (limit === undefined || value === undefined || value.length <= limit) continue;
    throw invalid([{ path: name, message: `received ${show(value)}, expected at most ${limit} characters` }]);
  }
  return next();
};
