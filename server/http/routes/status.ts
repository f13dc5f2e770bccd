import { Registry } from 'prom-client';
import { Type } from 'typebox';
import { HealthReport, Readiness, type Health } from '../../health/health.ts';
import type { Operation } from '../operation/operation.ts';

export interface StatusDependencies {
  readonly health: Health;
  /** The metrics of the whole service in Prometheus text. */
  readonly scrape: () => Promise<string>;
}

/** What operators and their tools ask. */
export function statusOperations({ health, scrape }: StatusDependencies): readonly Operation[] {
  const common = { method: 'get', tag: 'Status', access: 'open' } as const;
  const ready = { 'application/json': Readiness };
  return [
    {
      ...common,
      path: '/health/live',
      summary: 'Whether the process is up',
      answers: { 200: { description: 'It is', content: { 'application/json': Up } } },
      handle: (ctx) => {
        ctx.body = { status: 'up' };
      },
    },
    {
      ...common,
      path: '/health/ready',
      summary: 'Whether events can be accepted; true while ClickHouse is unavailable',
      answers: {
        200: { description: 'They can', content: ready },
        503: { description: 'They cannot', content: ready },
      },
      handle: async (ctx) => {
        const readiness = await health.readiness();
        ctx.status = readiness.status === 'ready' ? 200 : 503;
        ctx.body = readiness;
      },
    },
    {
      ...common,
      path: '/health',
      summary: 'Every part with its state',
      answers: { 200: { description: 'The parts', content: { 'application/json': HealthReport } } },
      handle: async (ctx) => {
        ctx.body = await health.report();
      },
    },
    {
      ...common,
      path: '/metrics',
      summary: 'Every metric, for Prometheus',
      access: 'read',
      answers: { 200: { description: 'The metrics', content: { 'text/plain': Type.String() } } },
      handle: async (ctx) => {
        ctx.type = Registry.PROMETHEUS_CONTENT_TYPE;
        ctx.body = await scrape();
      },
    },
  ];
}

const Up = Type.Object({ status: Type.Literal('up') });
