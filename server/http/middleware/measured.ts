import type { Middleware } from 'koa';
import type { Metrics } from '../../metrics/metrics.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Observes each request by route (the pattern, never the path: paths are without number), method and status. */
export function measured({ http }: Pick<Metrics, 'http'>): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const { _matchedRoute: route } = ctx;
    const labels = {
      method: methodOf(ctx.method),
      route: typeof route === 'string' ? route : 'none',
      status: String(ctx.status),
    };
    http.observe(labels, (performance.now() - started) / 1000);
  };
}

/** Counts what is refused before any middleware sees it. */
export function countedRefusals({ http }: Pick<Metrics, 'http'>): (method: string | undefined, status: number) => void {
  return (method = '', status) => http.observe({ method: methodOf(method), route: 'none', status: String(status) }, 0);
}

function methodOf(method: string): string {
  return METHODS.has(method) ? method : 'other';
}
