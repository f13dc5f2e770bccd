import { Router } from '@koa/router';
import Koa from 'koa';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { analyticsRoutes, type AnalyticsDependencies } from './analytics.ts';
import { measured } from './measured.ts';
import { operationsRoutes, type OperationsDependencies } from './operations.ts';
import { problems } from './problem.ts';
import { unanswered } from './unanswered.ts';

export interface HttpDependencies extends AnalyticsDependencies, OperationsDependencies {
  readonly metrics: Pick<Metrics, 'http' | 'events' | 'registry'>;
  readonly log: Logger;
}

/** The HTTP side of the service: every middleware and every route, in the order a request meets them. */
export function createHttpApp(dependencies: HttpDependencies): Koa {
  const { metrics, log } = dependencies;
  const router = new Router();
  analyticsRoutes(router, dependencies);
  operationsRoutes(router, dependencies);

  const app = new Koa();
  app.on('error', (error: unknown) => log.debug({ err: error }, 'an answer could not be delivered'));
  app.use(measured(metrics));
  app.use(problems(log));
  app.use(router.routes());
  app.use(unanswered);
  app.use(router.allowedMethods());
  return app;
}
