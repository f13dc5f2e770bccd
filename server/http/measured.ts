import type { Middleware } from 'koa';
import type { Metrics } from '../metrics.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Observes each request by route (the pattern, never the path: paths are without number), method and status. */
export function measured(metrics: Pick<Metrics, 'http'>): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const { _matchedRoute: route } = ctx;
    metrics.http.observe(
      {
        method: METHODS.has(ctx.method) ? ctx.method : 'other',
        route: typeof route === 'string' ? route : 'none',
        status: ctx.status,
      },
      (performance.now() - started) / 1000,
    );
  };
}
