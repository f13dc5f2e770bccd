import type { Router } from '@koa/router';
import type { Health } from '../health.ts';
import type { Metrics } from '../metrics.ts';

export interface OperationsDependencies {
  readonly health: Health;
  readonly metrics: Pick<Metrics, 'registry'>;
  /** The metrics of the whole service in Prometheus text. */
  readonly scrape: () => Promise<string>;
}

/** What operators and their tools ask. */
export function operationsRoutes(router: Router, { health, metrics, scrape }: OperationsDependencies): void {
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'up' };
  });

  router.get('/health/ready', (ctx) => {
    const readiness = health.readiness();
    ctx.status = readiness.status === 'ready' ? 200 : 503;
    ctx.body = readiness;
  });

  router.get('/health', async (ctx) => {
    ctx.body = await health.report();
  });

  router.get('/metrics', async (ctx) => {
    ctx.type = metrics.registry.contentType;
    ctx.body = await scrape();
  });
}
