import type { HttpDependencies } from '../../../server/http/routes.ts';
import { Backlog } from '../../../server/journal/backlog.ts';
import { createMetrics } from '../../../server/metrics/metrics.ts';
import { silentLog } from '../logs.ts';

const fail = (): never => {
  throw new Error('expected not to be called');
};
const unused = async () => fail();

/** Enough to declare and register every route; those that need a part behind them fail. */
export const httpDependencies: HttpDependencies = {
  ingest: { accept: unused, batch: fail, overloadError: () => undefined },
  hourly: { hour: unused, hours: unused },
  questions: {
    events: unused,
    rejected: unused,
    rejectedSummary: unused,
    top: unused,
    liveTop: () => unused,
    categories: unused,
    names: unused,
    series: unused,
    funnel: unused,
    retention: unused,
  },
  exports: fail,
  live: { join: fail },
  health: { readiness: async () => ({ status: 'ready' }), report: unused },
  metrics: createMetrics(new Backlog(), () => 0),
  scrape: unused,
  log: silentLog,
  trust: { keys: [], networks: [], proxies: [] },
  corsOrigins: [],
  listenHost: '127.0.0.1',
  allowedHosts: [],
  checkPayload: () => [],
  maxFutureMs: 0,
  maxBodyBytes: 1,
  bodiesMaxBytes: 1,
  nowMs: () => 0,
};
