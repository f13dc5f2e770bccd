import cluster from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { AppError } from '../common/errors.ts';
import type { Health, HealthReport, Readiness } from '../health/health.ts';
import { Colleagues } from './colleagues.ts';
import { wholeReadiness, wholeReport } from './whole-health.ts';

/** What operators ask, of this process. */
export interface Own {
  readonly registry: Registry;
  readonly health: Health;
}

/** The same, of the whole service. */
export interface Whole {
  /** Every metric in Prometheus text. */
  readonly scrape: () => Promise<string>;
  readonly health: Health;
}

/**
 * Makes what operators ask speak for all workers, so that it does not matter which of them a request happens to meet.
 * Alone, a process answers for itself.
 * @param workers how many there should be
 */
export function speakForAll({ registry, health }: Own, workers: number): Whole {
  if (!cluster.isWorker) return { scrape: async () => registry.metrics(), health };
  const colleagues = new Colleagues({
    metrics: async () => registry.getMetricsAsJSON(),
    readiness: async () => health.readiness(),
    report: async () => health.report(),
  });
  return {
    scrape: async () => {
      const { answers, asked } = await colleagues.ask('metrics');
      if (answers.length === 0 || answers.length < asked)
        throw new AppError('unavailable', 'Not every worker told its metrics', { retryAfterS: 1 });
      return AggregatorRegistry.aggregate(answers as object[]).metrics();
    },
    health: {
      readiness: async () => {
        const { answers } = await colleagues.ask('readiness');
        return wholeReadiness(answers.length === 0 ? [await health.readiness()] : (answers as Readiness[]));
      },
      report: async () => {
        const { answers } = await colleagues.ask('report');
        const reports = answers.length === 0 ? [await health.report()] : (answers as HealthReport[]);
        return wholeReport(reports, workers);
      },
    },
  };
}
