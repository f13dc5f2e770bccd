import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';

/** What an id may be to be taken over into answers and logs: visible ASCII, and short. */
const SANE_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * Puts into every answer its request's id, and what keeps a browser from taking data for a page. Set on Node's own
 * response, because this is on every path; pages have more (`page.ts`).
 */
export const standardHeaders: Middleware<RequestState> = (ctx, next) => {
  const { req, res, state } = ctx;
  const { 'x-request-id': given } = req.headers;
  state.requestId = typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', state.requestId);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  return next();
};
