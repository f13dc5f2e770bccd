import { Router } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import type { Logger } from '../common/log.ts';
import type { Config } from '../config/config.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createAuthenticator, isOpen } from '../auth/authenticator.ts';
import { analyticsOperations } from './routes/analytics.ts';
import { aboutRequest, type RequestContext, type RequestState } from './operation/context.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { dashboardOperations } from './pages/dashboard.ts';
import { documentationOperations } from './pages/documentation.ts';
import { recordOperation, type RecordDependencies } from './ingest/analytics.ts';
import { dialectOperations } from './ingest/dialect.ts';
import { DIALECTS } from './ingest/dialects.ts';
import { eventsOperation } from './ingest/events.ts';
import { createReceiver, type ReceiveDependencies } from './ingest/receive.ts';
import { telemetry } from './middleware/telemetry.ts';
import { exportOperation } from './routes/export.ts';
import type { Operation } from './operation/operation.ts';
import { UnsentAnswers } from './operation/unsent-answers.ts';
import { isStrict, strictQuery } from './operation/strict-query.ts';
import { funnel } from './routes/insights/funnel.ts';
import { retention } from './routes/insights/retention.ts';
import { series } from './routes/insights/series.ts';
import { problems } from './middleware/problem.ts';
import { questionsOperations } from './routes/questions.ts';
import { readsOf, type ReadsDependencies } from './routes/reads.ts';
import { statusOperations, type StatusDependencies } from './routes/status.ts';
import { snippetOperations } from './pages/snippet.ts';
import { headerLimits, standardHeaders } from './middleware/headers.ts';
import { topStream } from './routes/top-stream.ts';
import { authenticate, authorize, limitRate } from './middleware/access.ts';

export interface HttpDependencies
  extends
    RecordDependencies,
    ReceiveDependencies,
    ReadsDependencies,
    StatusDependencies,
    Pick<Config, 'trust' | 'corsOrigins' | 'allowedHosts'> {
  readonly ingest: RecordDependencies['ingest'] & ReceiveDependencies['ingest'];
  readonly metrics: Pick<Metrics, 'http' | 'events'>;
  readonly log: Logger;
  readonly listenHost: string;
}

/** Everything that can be asked, in the order in which the router tries it. */
export function operations(dependencies: HttpDependencies): readonly Operation[] {
  const reads = readsOf(dependencies);
  const reading = { ...dependencies, reads };
  const receiver = createReceiver(dependencies);
  const served = [
    recordOperation(dependencies),
    ...analyticsOperations(reading),
    eventsOperation(receiver),
    ...DIALECTS.flatMap((dialect) => dialectOperations(dialect, receiver)),
    ...questionsOperations(reading),
    series(reads),
    funnel(reads),
    retention(reads),
    topStream(reading),
    exportOperation(reading),
    ...statusOperations(dependencies),
    ...dashboardOperations(),
    ...snippetOperations(),
  ];
  return [...served, ...documentationOperations(served)];
}

/** The same operation, for those alone who may ask for it, no more often than they may, for what it knows, and while they take it. */
function guarded(operation: Operation, { events }: Pick<Metrics, 'events'>, unsent: UnsentAnswers): Operation {
  const { access, handle } = operation;
  if (access === 'open' || access === 'ingest') return operation;
  const onLimited = access === 'write' ? () => events.rejected.inc({ reason: 'rate_limited' }) : () => undefined;
  const checkQuery = isStrict(operation) ? strictQuery(operation) : () => undefined;
  return {
    ...operation,
    handle: (ctx) => {
      authorize(access, ctx);
      limitRate(ctx.state.caller, 1, onLimited);
      checkQuery(ctx);
      return access === 'write' ? handle(ctx) : unsent.answer(ctx, () => handle(ctx));
    },
  };
}

/** The HTTP side of the service: every middleware and every route, in the order a request meets them. */
export function createHttpApp(dependencies: HttpDependencies): Koa<RequestState> {
  const { metrics, log, trust, corsOrigins } = dependencies;
  const unsent = new UnsentAnswers();
  const served = operations(dependencies).map((operation) => guarded(operation, metrics, unsent));
  const router = new Router<RequestState>();
  for (const { method, path, handle } of served) router[method](path, handle);

  const app = new Koa<RequestState>();
  app.on('error', (error: unknown, ctx?: RequestContext) => {
    log.debug({ err: error, ...(ctx && aboutRequest(ctx.state)) }, 'an answer could not be delivered');
  });
  app.use(telemetry(metrics));
  app.use(standardHeaders);
  if (corsOrigins.length > 0) app.use(crossOrigin(corsOrigins));
  app.use(problems(log));
  app.use(headerLimits);
  app.use(authenticate(createAuthenticator(trust), { ...dependencies, isOpen: isOpen(trust) }));
  app.use(fixedPaths(served));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/**
 * Finds the operations whose path has no parameters by one look-up, with the hottest among them. The router tries
 * pattern after pattern and puts a chain together for each request, which took an eighth of the time of a GET; it still
 * has every operation, for the paths with parameters, HEAD, and what a path allows.
 */
function fixedPaths(operations: readonly Operation[]): Middleware<RequestState> {
  const byPath = new Map<string, Map<string, Operation>>();
  for (const operation of operations) {
    const { method, path } = operation;
    if (path.includes(':')) continue;
    const byMethod = byPath.get(path) ?? new Map<string, Operation>();
    byPath.set(path, byMethod.set(method.toUpperCase(), operation));
  }
  return (ctx, next) => {
    const operation = byPath.get(ctx.path)?.get(ctx.method);
    if (operation === undefined) return next();
    // Where the router says which route it took.
    ctx['_matchedRoute'] = operation.path;
    return operation.handle(ctx);
  };
}
