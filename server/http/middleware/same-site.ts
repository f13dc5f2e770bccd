import type { Middleware } from 'koa';
import { hostCheck, isOwnOrigin, type HostRules } from '../../auth/hosts.ts';
import { AppError, show } from '../../common/errors.ts';
import type { RequestState } from '../operation/context.ts';

export interface SameSiteOptions extends HostRules {
  /** Whose pages may call this server, `*` for all; see `crossOrigin`. */
  readonly corsOrigins: readonly string[];
}

/** Refuses requests for a host that is not this server's, before anybody says who calls. */
export function knownHosts(rules: HostRules): Middleware {
  const isKnown = hostCheck(rules);
  return ({ req }, next) => {
    const { host } = req.headers;
    // What has no Host is no browser.
    if (host === undefined || isKnown(host)) return next();
    const detail = `received a request for the host ${show(host)}, expected one for this machine or for a name in ALLOWED_HOSTS`;
    throw new AppError('forbidden', detail);
  };
}

/**
 * Refuses what a page of another site sends with rights that are not its own: those that anyone has, that the network
 * has, or that the browser has stored (`Basic`). A page that sends a key itself has the key's.
 */
export function ownPages({ corsOrigins }: SameSiteOptions): Middleware<RequestState> {
  if (corsOrigins.includes('*')) return (_, next) => next();
  const allowed = new Set(corsOrigins);
  return ({ req, state }, next) => {
    const { origin, host = '', authorization } = req.headers;
    if (origin === undefined || allowed.has(origin) || isOwnOrigin(origin, host)) return next();
    const { application, roles } = state.caller;
    const isByKey = application === undefined ? roles.size === 0 : /^bearer /i.test(authorization ?? '');
    if (isByKey) return next();
    const detail = `received a request of a page of ${show(origin)}, expected one of this server's own, or of one in CORS_ORIGINS`;
    throw new AppError('forbidden', detail);
  };
}
