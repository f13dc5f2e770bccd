import { Registry } from 'prom-client';
import { Type } from 'typebox';
import { HealthReport, Readiness, type Health } from '../../health/health.ts';
import type { Operation } from '../operation/operation.ts';

export interface StatusDependencies {
  readonly health: Health;
  /** The metrics of the whole service in Prometheus text. */
  readonly scrape: () => Promise<string>;
}

const TAG = 'Status';

/** What operators and their tools ask. */
export function statusOperations({ health, scrape }: StatusDependencies): readonly Operation[] {
  return [live(), ready(health), report(health), prometheus(scrape)];
}

function live(): Operation {
  const Up = Type.Object({ status: Type.Literal('up') });
  return {
    method: 'get',
    path: '/health/live',
    tag: TAG,
    summary: 'Whether the process is up',
    access: 'open',
    answers: { 200: { description: 'It is', content: { 'application/json': Up } } },
    handle: (ctx) => {
      ctx.body = { status: 'up' };
    },
  };
}

function ready(health: Health): Operation {
  const content = { 'application/json': Readiness };
  return {
    method: 'get',
    path: '/health/ready',
    tag: TAG,
    summary: 'Whether events can be accepted; true while ClickHouse is unavailable',
    access: 'open',
    answers: { 200: { description: 'They can', content }, 503: { description: 'They cannot', content } },
    handle: async (ctx) => {
      const readiness = await health.readiness();
      ctx.status = readiness.status === 'ready' ? 200 : 503;
      ctx.body = readiness;
    },
  };
}

function report(health: Health): Operation {
  return {
    method: 'get',
    path: '/health',
    tag: TAG,
    summary: 'Every part with its state',
    access: 'open',
    answers: { 200: { description: 'The parts', content: { 'application/json': HealthReport } } },
    handle: async (ctx) => {
      ctx.body = await health.report();
    },
  };
}

function prometheus(scrape: StatusDependencies['scrape']): Operation {
  return {
    method: 'get',
    path: '/metrics',
    tag: TAG,
    summary: 'Every metric, for Prometheus',
    access: 'read',
    answers: { 200: { description: 'The metrics', content: { 'text/plain': Type.String() } } },
    handle: async (ctx) => {
      ctx.type = Registry.PROMETHEUS_CONTENT_TYPE;
      ctx.body = await scrape();
    },
  };
}
