import { SpanKind, SpanStatusCode, type Span } from '@opentelemetry/api';
import type { Middleware } from 'koa';
import { idsOf, startRequestSpan, within } from '../../common/tracing.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { RequestContext, RequestState } from '../operation/context.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']);
const SERVER = { kind: SpanKind.SERVER };

/**
 * Observes each request by route (the pattern, never the path: paths are without number), method and status: in the
 * metrics, and, where it is of a trace, in a span by OpenTelemetry's conventions, whose ids are in its log lines.
 */
export function telemetry({ http }: Pick<Metrics, 'http'>): Middleware<RequestState> {
  return async (ctx, next) => {
    const started = performance.now();
    const span = startRequestSpan(ctx.req.headers, SERVER);
    if (span === undefined) await next();
    else {
      ctx.state.trace = idsOf(span);
      await within(span, async () => {
        await next();
        describe(span, ctx);
      });
    }
    const labels = {
      method: methodOf(ctx.method),
      route: routeOf(ctx) ?? 'none',
      status: String(ctx.status),
    };
    http.observe(labels, (performance.now() - started) / 1000);
  };
}

/** Counts what is refused before any middleware sees it. */
export function countedRefusals({ http }: Pick<Metrics, 'http'>): (method: string | undefined, status: number) => void {
  return (method = '', status) => http.observe({ method: methodOf(method), route: 'none', status: String(status) }, 0);
}

function describe(span: Span, ctx: RequestContext): void {
  const { method, path, status } = ctx;
  const route = routeOf(ctx);
  span.setAttributes({ 'http.request.method': method, 'url.path': path, 'http.response.status_code': status });
  if (route !== undefined) span.setAttribute('http.route', route);
  span.updateName(route === undefined ? method : `${method} ${route}`);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** As the router says which route it took. */
function routeOf({ _matchedRoute: route }: RequestContext): string | undefined {
  return typeof route === 'string' ? route : undefined;
}

function methodOf(method: string): string {
  return METHODS.has(method) ? method : 'other';
}
