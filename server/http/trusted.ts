import type { Middleware } from 'koa';
import { AppError, show } from '../errors.ts';
import type { Caller, Role } from '../trust/caller.ts';
import type { Trust } from '../trust/trust.ts';
import type { RequestContext, RequestState } from './context.ts';

/** Finds out who calls, for everything below it. */
export function identified(trust: Trust): Middleware<RequestState> {
  return (ctx, next) => {
    const { socket, headers } = ctx.req;
    const forwardedFor = headers['x-forwarded-for'];
    ctx.state.caller = trust({
      socketAddress: socket.remoteAddress ?? '',
      forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(','),
      authorization: headers.authorization,
    });
    return next();
  };
}

/**
 * Refuses callers without the role.
 * @throws AppError `unauthorized` when nobody knows them, and `forbidden` when they may do other things
 */
export function demand(role: Role, { state, req }: RequestContext): void {
  const { roles, application } = state.caller;
  if (roles.has(role)) return;
  if (application === undefined) {
    const received = req.headers.authorization === undefined ? 'no API key' : 'no valid API key';
    throw new AppError('unauthorized', `received ${received}, expected Authorization: Bearer KEY`);
  }
  throw new AppError('forbidden', `received the key of ${application}, expected one with the role ${role}`);
}

/**
 * Takes events or questions from what a caller may do.
 * @throws AppError `rate_limited` when it has used that up; then nothing is taken
 */
export function charge({ allowance, application, address }: Caller, count: number): void {
  const waitS = allowance?.take(count) ?? 0;
  if (waitS === 0) return;
  const who = application === undefined ? `the address ${address}` : `the key of ${show(application)}`;
  const retryAfterS = Math.ceil(waitS);
  const detail = `received ${count} more ${count === 1 ? 'event or question' : 'events'} with ${who} than its rate allows, expected ${count === 1 ? 'it' : 'them'} in ${retryAfterS} s; nothing was stored`;
  throw new AppError('rate_limited', detail, { retryAfterS });
}
