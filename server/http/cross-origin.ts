import cors from '@koa/cors';
import type { Middleware } from 'koa';

const PREFLIGHT_MAX_AGE_S = 600;

/**
 * Lets the pages of some origins call this server (CORS). Cookies and a browser's stored passwords are never allowed
 * with such a call: a page that may use a key sends it itself.
 * @param origins `*` among them allows all
 */
export function crossOrigin(origins: readonly string[]): Middleware {
  const isAny = origins.includes('*');
  const allowed = new Set(origins);
  return cors({
    origin: (ctx) => {
      if (isAny) return '*';
      const origin = ctx.get('Origin');
      return allowed.has(origin) ? origin : '';
    },
    allowMethods: ['GET', 'HEAD', 'POST'],
    allowHeaders: [
      'Authorization',
      'Cache-Control',
      'Content-Encoding',
      'Content-Type',
      'Last-Event-ID',
      'X-Request-Id',
    ],
    exposeHeaders: ['Retry-After', 'X-Request-Id'],
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
}
