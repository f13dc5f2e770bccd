import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Middleware } from 'koa';
import { idsOf, startRequestSpan, within } from '../../common/tracing.ts';
import type { RequestState } from '../operation/context.ts';

const SERVER = { kind: SpanKind.SERVER };

/** Puts each request into a span, by OpenTelemetry's conventions, and the ids of its trace into its log lines. */
export const traced: Middleware<RequestState> = (ctx, next) => {
  const span = startRequestSpan(ctx.req.headers, SERVER);
  if (span === undefined) return next();
  ctx.state.trace = idsOf(span);
  return within(span, async () => {
    await next();
    const { _matchedRoute: route, method, path, status } = ctx;
    span.setAttributes({ 'http.request.method': method, 'url.path': path, 'http.response.status_code': status });
    if (typeof route === 'string') span.setAttribute('http.route', route);
    span.updateName(typeof route === 'string' ? `${method} ${route}` : method);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  });
};
