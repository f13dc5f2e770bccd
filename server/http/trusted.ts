import type { Middleware } from 'koa';
import { AppError } from '../errors.ts';
import type { Role } from '../trust/caller.ts';
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
