import type { IncomingHttpHeaders } from 'node:http';
import type { Middleware } from 'koa';
import type { Caller, Role } from '../../auth/caller.ts';
import { hostCheck, isOwnOrigin, type HostRules } from '../../auth/hosts.ts';
import type { Authenticator } from '../../auth/authenticator.ts';
import { AppError, show } from '../../common/errors.ts';
import type { Config } from '../../config/config.ts';
import type { RequestContext, RequestState } from '../operation/context.ts';
import type { Access } from '../operation/operation.ts';
import { allowedOrigins } from './cross-origin.ts';

/** For whom a server answers, and whose pages may call it. */
export type SiteRules = HostRules & Pick<Config, 'corsOrigins'>;

/**
 * Finds out who calls, for everything below it. Refused are requests for a host that is not this server's, before anybody
 * says who calls, and what a page of another site sends with rights that are not its own.
 */
export function authenticate(callerOf: Authenticator, sites: SiteRules): Middleware<RequestState> {
  const isKnownHost = hostCheck(sites);
  const isNamedHere = hostCheck({ ...sites, isOpen: true });
  const allowed = allowedOrigins(sites.corsOrigins);
  return ({ req, state }, next) => {
    const { socket, headers } = req;
    const { host, origin, 'x-forwarded-for': forwardedFor } = headers;
    // What has no Host is no browser.
    if (host !== undefined && !isKnownHost(host)) throw unknownHost(host);
    const identity = {
      socketAddress: socket.remoteAddress ?? '',
      forwardedFor: typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(','),
      authorization: headers.authorization,
    };
    state.caller = callerOf(identity);
    state.callerWithKey = (key) => callerOf({ ...identity, key });
    if (origin === undefined || allowed(origin) !== undefined) return next();
    // The rights of a network are had by any page in it that makes its own name lead here.
    const isOwnName = state.caller.application !== undefined || isNamedHere(host ?? '');
    if (isOwnName && isOwnOrigin(origin, host ?? '')) return next();
    if (hasRightsOfItsOwn(state.caller, headers)) return next();
    throw foreignPage(origin);
  };
}

/** Not those that anyone has, that the network has, or that the browser has stored (`Basic`): a key that a page sends itself. */
function hasRightsOfItsOwn({ application, roles }: Caller, { authorization }: IncomingHttpHeaders): boolean {
  return application === undefined ? roles.size === 0 : /^bearer /i.test(authorization ?? '');
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
  if (!roles.has(role)) throw application === undefined ? unauthorized(req.headers) : withoutRole(application, role);
  if (access === 'read' && scope !== undefined) {
    const detail = `received the key of ${scope}, which reads its own events alone, expected one that reads all`;
    throw new AppError('forbidden', detail);
  }
}

/**
 * Takes events or questions from what a caller may do.
 * @param onLimited called before it throws
 * @param taken how many were before, of the same body; they are given back when it throws
 * @throws AppError `rate_limited` when it has used that up; then nothing is taken
 */
export function limitRate(
  { rateLimit, application, address }: Caller,
  count: number,
  onLimited: () => void,
  taken = 0,
): void {
  const waitS = rateLimit?.take(count, taken) ?? 0;
  if (waitS === 0) return;
  onLimited();
  const who = application === undefined ? `the address ${address}` : `the key of ${show(application)}`;
  const retryAfterS = Math.ceil(waitS);
  const [what, them, were] = count === 1 ? ['event or question', 'it', 'it was'] : ['events', 'them', 'they were'];
  const detail = `received ${count} more ${what} with ${who} than its rate allows, expected ${them} in ${retryAfterS} s; ${were} not taken`;
  throw new AppError('rate_limited', detail, { retryAfterS });
}

function unknownHost(host: string): AppError {
  const detail = `received a request for the host ${show(host)}, expected one for this machine or for a name in ALLOWED_HOSTS`;
  return new AppError('forbidden', detail);
}

function foreignPage(origin: string): AppError {
  const detail = `received a request from a page at ${show(origin)}, expected a page of this server or an origin in CORS_ORIGINS`;
  return new AppError('forbidden', detail);
}

function unauthorized({ authorization }: IncomingHttpHeaders): AppError {
  const received = authorization === undefined ? 'no API key' : 'no valid API key';
  return new AppError('unauthorized', `received ${received}, expected Authorization: Bearer KEY`);
}

function withoutRole(application: string, role: Role): AppError {
  return new AppError('forbidden', `received the key of ${application}, expected one with the role ${role}`);
}
