import type { Middleware } from 'koa';
import type { Histogram, Series } from '../../metrics/histogram.ts';
import type { Metrics } from '../../metrics/metrics.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);

/** Observes each request by route (the pattern, never the path: paths are without number), method and status. */
export function measured({ http }: Pick<Metrics, 'http'>): Middleware {
  const seriesOf = keptSeries(http);
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const { _matchedRoute: route } = ctx;
    const method = METHODS.has(ctx.method) ? ctx.method : 'other';
    const series = seriesOf(typeof route === 'string' ? route : 'none', method, ctx.status);
    series.observe((performance.now() - started) / 1000);
  };
}

/** Asks for each series once. Map below map: to join a key for every request would cost more than to observe. */
function keptSeries(http: Histogram) {
  const routes = new Map<string, Map<string, Map<number, Series>>>();
  return (route: string, method: string, status: number): Series => {
    const methods = kept(routes, route, () => new Map<string, Map<number, Series>>());
    const statuses = kept(methods, method, () => new Map<number, Series>());
    return kept(statuses, status, () => http.series({ method, route, status: String(status) }));
  };
}

function kept<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
