import type { Middleware } from 'koa';
import { AppError } from '../../common/errors.ts';
import type { Role } from '../../auth/caller.ts';
import type { Trust } from '../../auth/trust.ts';
import type { RequestContext, RequestState } from '../operation/context.ts';
import type { Access } from '../operation/operation.ts';

/** Finds out who calls, for everything below it. */
export function authenticate(trust: Trust): Middleware<RequestState> {
  return (ctx, next) => {
    const { socket, headers } = ctx.req;
    const forwardedFor = headers['x-forwarded-for'];
    const evidence = {
      socketAddress: socket.remoteAddress ?? '',
      forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(','),
      authorization: headers.authorization,
    };
    ctx.state.caller = trust(evidence);
    ctx.state.callerWithKey = (key) => trust({ ...evidence, key });
    return next();
  };
}

/** The role that a caller needs. */
export function roleFor(access: Exclude<Access, 'open'>): Role {
  if (access === 'ingest') return 'write';
  return access === 'scoped read' ? 'read' : access;
}

/**
 * Refuses callers without the role, and what tells of every application to those who read their own alone.
 * @throws AppError `unauthorized` when nobody knows them, and `forbidden` when they may do other things
 */
export function authorize(access: Exclude<Access, 'open'>, { state, req }: RequestContext): void {
  const { roles, application, scope } = state.caller;
  const role = roleFor(access);
  if (!roles.has(role)) throw application === undefined ? unauthorized(req) : withoutRole(application, role);
  if (access === 'read' && scope !== undefined) {
    const detail = `received the key of ${scope}, which reads its own events alone, expected one that reads all`;
    throw new AppError('forbidden', detail);
  }
}

function unauthorized({ headers }: RequestContext['req']): AppError {
  const received = headers.authorization === undefined ? 'no API key' : 'no valid API key';
  return new AppError('unauthorized', `received ${received}, expected Authorization: Bearer KEY`);
}

function withoutRole(application: string, role: Role): AppError {
  return new AppError('forbidden', `received the key of ${application}, expected one with the role ${role}`);
}
