import { AggregatorRegistry, type Registry } from 'prom-client';
import { AppError } from '../common/errors.ts';
import { remembered } from '../common/remembered.ts';
import type { Health, HealthReport, Readiness } from '../health/health.ts';
import { aggregateReadiness, aggregateReport } from './aggregate-health.ts';
import { isOwnWorker } from './own-worker.ts';
import { WorkerRpc } from './worker-rpc.ts';

/** What operators ask, of this process. */
export interface ProcessStatus {
  readonly registry: Registry;
  readonly health: Health;
}

/** The same, of the whole service. */
export interface ServiceStatus {
  /** Every metric in Prometheus text. @throws AppError `unavailable` when a worker does not tell its own */
  readonly scrape: () => Promise<string>;
  readonly health: Health;
}

/** However many ask for the report, all workers are called once in this time. */
const REPORT_FOR_MS = 1_000;

/**
 * Makes what operators ask speak for all workers, so that it does not matter which of them a request happens to meet.
 * Alone, a process answers for itself.
 * @param workers how many there should be
 */
export function aggregateWorkers({ registry, health }: ProcessStatus, workers: number): ServiceStatus {
  if (!isOwnWorker()) return { scrape: async () => registry.metrics(), health };
  const rpc = new WorkerRpc({
    metrics: async () => registry.getMetricsAsJSON(),
    readiness: async () => health.readiness(),
    report: async () => health.report(),
  });
  return {
    scrape: async () => {
      const { replies, called } = await rpc.callAll('metrics');
      if (replies.length === 0 || replies.length < called)
        throw new AppError('unavailable', 'Not every worker told its metrics', { retryAfterS: 1 });
      return AggregatorRegistry.aggregate(replies as object[]).metrics();
    },
    health: {
      readiness: async () => {
        const { replies } = await rpc.callAll('readiness');
        return aggregateReadiness(replies.length === 0 ? [await health.readiness()] : (replies as Readiness[]));
      },
      report: remembered(
        REPORT_FOR_MS,
        () => performance.now(),
        async () => {
          const { replies } = await rpc.callAll('report');
          const reports = replies.length === 0 ? [await health.report()] : (replies as HealthReport[]);
          return aggregateReport(reports, workers);
        },
      ),
    },
  };
}
