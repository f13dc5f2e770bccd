import { Registry } from 'prom-client';
import { Type } from 'typebox';
import type { Health } from '../../health/health.ts';
import type { Operation } from '../operation/operation.ts';

export interface StatusDependencies {
  readonly health: Health;
  /** The metrics of the whole service in Prometheus text. */
  readonly scrape: () => Promise<string>;
}

const TAG = 'Status';

const Readiness = Type.Object(
  { status: Type.Enum(['ready', 'not ready']), reason: Type.Optional(Type.String()) },
  { $id: 'Readiness' },
);

const ClickHouse = Type.Object({
  state: Type.Enum(['up', 'partly unavailable', 'unavailable']),
  version: Type.Optional(Type.String()),
  error: Type.Optional(Type.String()),
  nodes: Type.Array(
    Type.Object({
      node: Type.String({ description: 'HOST:PORT' }),
      state: Type.Enum(['up', 'unavailable']),
      version: Type.Optional(Type.String()),
      error: Type.Optional(Type.String()),
    }),
  ),
});

const Finding = Type.Object({
  severity: Type.Enum(['refuse', 'warn'], { description: 'refuse: nothing is shipped until it is fixed' }),
  what: Type.String(),
  found: Type.String(),
  expected: Type.String(),
  fix: Type.String({ description: 'The SQL or command that fixes it' }),
});

const HealthReport = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'not ready'], {
      description: 'degraded: events are accepted, and something needs a look',
    }),
    parts: Type.Object({
      journal: Type.Object({
        state: Type.String(),
        quarantined: Type.Integer({
          description: 'Files in DATA_DIR/journal/quarantine: nobody can ship them, so a person must look',
        }),
        error: Type.Optional(Type.String()),
      }),
      backlog: Type.Object({
        events: Type.Integer(),
        bytes: Type.Integer(),
        segments: Type.Integer(),
        oldest_waiting_seconds: Type.Number(),
      }),
      shipper: Type.Object({
        state: Type.String(),
        lanes: Type.Object(
          { fresh: Type.String(), backlog: Type.String() },
          {
            description: 'idle, sending, waiting, unavailable or closed: of what is new, and of everything else',
          },
        ),
        refused_segments: Type.Integer({
          description: 'Not taken by ClickHouse as they are; being bisected',
        }),
        error: Type.Optional(Type.String()),
      }),
      clickhouse: ClickHouse,
      schema: Type.Object({ state: Type.String(), findings: Type.Optional(Type.Array(Finding)) }),
      workers: Type.Optional(
        Type.Object({ state: Type.String(), answering: Type.Integer(), expected: Type.Integer() }),
      ),
    }),
  },
  { $id: 'HealthReport' },
);

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
