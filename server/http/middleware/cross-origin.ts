import cors from '@koa/cors';
import type { Middleware } from 'koa';

const PREFLIGHT_MAX_AGE_S = 600;
const EXPOSED = ['Retry-After', 'X-Request-Id'];

/**
 * Lets the pages of some origins call this server (CORS). Cookies and a browser's stored passwords are never allowed
 * with such a call: a page that may use a key sends it itself. Any header is allowed that the page asks for: clients
 * have many of their own, and the origin is what is decided on.
 * @param origins `*` among them allows all
 */
export function crossOrigin(origins: readonly string[]): Middleware {
  const allowed = allowedOrigins(origins);
  return cors({
    origin: (ctx) => allowed(ctx.get('Origin')) ?? '',
    allowMethods: ['GET', 'HEAD', 'POST'],
    exposeHeaders: EXPOSED,
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
}

/**
 * What the same pages need to read an answer that no middleware sees.
 * @returns the headers for an answer to a page of this origin
 */
export function crossOriginHeaders(
  origins: readonly string[],
): (origin: string | undefined) => Readonly<Record<string, string>> {
  if (origins.length === 0) return () => ({});
  const allowed = allowedOrigins(origins);
  return (origin) => {
    const named = allowed(origin);
    if (named === undefined) return { Vary: 'Origin' };
    return {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': named,
      'Access-Control-Expose-Headers': EXPOSED.join(','),
    };
  };
}

/** What to say to a page of an origin about which origins are allowed; undefined: nothing, and it is not. */
export function allowedOrigins(origins: readonly string[]): (origin: string | undefined) => string | undefined {
  if (origins.includes('*')) return () => '*';
  const allowed = new Set(origins);
  return (origin) => (origin !== undefined && allowed.has(origin) ? origin : undefined);
}
