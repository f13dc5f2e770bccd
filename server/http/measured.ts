import type { Histogram } from 'prom-client';
import type { Middleware } from 'koa';
import type { Metrics } from '../metrics.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Observes each request by route (the pattern, never the path: paths are without number), method and status. */
export function measured(metrics: Pick<Metrics, 'http'>): Middleware {
  const observerOf = observers(metrics.http);
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const { _matchedRoute: route } = ctx;
    const method = METHODS.has(ctx.method) ? ctx.method : 'other';
    const observer = observerOf(method, typeof route === 'string' ? route : 'none', ctx.status);
    observer.observe((performance.now() - started) / 1000);
  };
}

/** One observer for each combination of labels, kept, because to look one up by its labels costs as much as to observe. */
function observers(histogram: Metrics['http']) {
  const known = new Map<string, Histogram.Internal<string>>();
  return (method: string, route: string, status: number): Histogram.Internal<string> => {
    const key = `${method} ${route} ${status}`;
    let observer = known.get(key);
    if (observer === undefined) {
      observer = histogram.labels({ method, route, status: String(status) });
      known.set(key, observer);
    }
    return observer;
  };
}
