import { Type, type Static } from 'typebox';
import type { Gate } from '../clickhouse/self-check/gate.ts';
import type { NodeHealth } from '../clickhouse/node-health.ts';
import type { Backlog } from '../journal/backlog.ts';
import { EVENTS, REJECTED } from '../journal/segment.ts';
import type { Ingest } from '../shipping/ingest.ts';

export interface HealthDependencies {
  readonly ingest: Pick<Ingest, 'health'>;
  readonly backlog: Backlog;
  /** How each node of ClickHouse is. Bounded in time. */
  readonly clickhouse: () => Promise<readonly NodeHealth[]>;
  readonly gate: Pick<Gate, 'state' | 'findings'>;
  readonly nowMs: () => number;
}

/** How every part of the service is, in words. */
export interface Health {
  /** Whether events can be accepted; true while ClickHouse is unavailable. */
  readiness(): Promise<Readiness>;
  /** Every part with its state. `degraded`: events are accepted, and something needs a look. */
  report(): Promise<HealthReport>;
}

/** Whether events can be accepted; if not, why. */
export type Readiness = Static<typeof Readiness>;
export const Readiness = Type.Object(
  { status: Type.Enum(['ready', 'not ready']), reason: Type.Optional(Type.String()) },
  { $id: 'Readiness' },
);

const LANE_STATES = 'idle, sending, waiting, unavailable or closed';

const ClickHouse = Type.Object({
  // Partly: some nodes of a cluster answer and others do not.
  state: Type.Enum(['up', 'partly unavailable', 'unavailable']),
  // Of the first node that answers.
  version: Type.Optional(Type.String()),
  // Of the first node that does not.
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
  severity: Type.Enum(['blocking', 'warning'], { description: 'blocking: nothing is shipped until it is fixed' }),
  what: Type.String(),
  found: Type.String(),
  expected: Type.String(),
  fix: Type.String({ description: 'The SQL or command that fixes it' }),
});

/** Every part with its state, as the service answers it. */
export type HealthReport = Static<typeof HealthReport>;
export const HealthReport = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded', 'not ready'], {
      description: 'degraded: events are accepted, and something needs a look',
    }),
    parts: Type.Object({
      journal: Type.Object({
        state: Type.String({ description: 'ok, or refusing: events get 503' }),
        quarantined: Type.Integer({
          description: 'Files in DATA_DIR/journal/quarantine: nobody can ship them, so a person must look',
        }),
        error: Type.Optional(Type.String()),
      }),
      backlog: Type.Object({
        events: Type.Integer({ description: 'Accepted, and not in ClickHouse yet' }),
        rejected_events: Type.Integer({ description: 'Of `GET /events/rejected`, and not there yet' }),
        bytes: Type.Integer(),
        segments: Type.Integer(),
        oldest_waiting_seconds: Type.Number(),
      }),
      shipper: Type.Object({
        state: Type.String({ description: 'That of the lane with more to tell' }),
        lanes: Type.Object(
          {
            fresh: Type.String({ description: `Of what is new: ${LANE_STATES}` }),
            backlog: Type.String({ description: `Of everything else: ${LANE_STATES}` }),
          },
          { description: 'waiting: for its turn. unavailable: ClickHouse does not answer, or is not ready' },
        ),
        refused_segments: Type.Integer({
          description: 'Not taken by ClickHouse as they are; being bisected',
        }),
        error: Type.Optional(Type.String()),
      }),
      clickhouse: ClickHouse,
      schema: Type.Object({
        state: Type.String({ description: '`ready`, or a sentence that says why nothing is shipped' }),
        findings: Type.Optional(
          Type.Array(Finding, { description: 'What in ClickHouse is not as it should be; absent when all is' }),
        ),
      }),
      workers: Type.Optional(
        Type.Object(
          {
            state: Type.String({ description: 'ok, or incomplete: some do not answer' }),
            answering: Type.Integer(),
            expected: Type.Integer(),
          },
          { description: 'Only with WORKERS' },
        ),
      ),
    }),
  },
  { $id: 'HealthReport' },
);

export function createHealth(dependencies: HealthDependencies): Health {
  const { ingest, backlog, gate, nowMs } = dependencies;
  return {
    readiness: async () => {
      const { accepting, journalError } = ingest.health();
      if (accepting) return { status: 'ready' };
      return { status: 'not ready', reason: journalError ?? 'the journal takes no events' };
    },
    report: async () => {
      const { accepting, journalError, quarantined, lanes, shipperError, refusedSegments } = ingest.health();
      const clickhouse = clickhouseOf(await dependencies.clickhouse());
      const { state: schema, findings } = gate;
      const isShipping = shipperError === undefined && refusedSegments === 0;
      const isWell =
        quarantined === 0 &&
        journalError === undefined &&
        clickhouse.state === 'up' &&
        isShipping &&
        schema === 'ready' &&
        findings.length === 0;
      const oldestMs = backlog.oldestMs;
      return {
        status: !accepting ? 'not ready' : isWell ? 'ok' : 'degraded',
        parts: {
          journal: { state: accepting ? 'ok' : 'refusing', quarantined, ...reason(journalError) },
          backlog: {
            events: backlog.of(EVENTS).rows,
            rejected_events: backlog.of(REJECTED).rows,
            bytes: backlog.bytes,
            segments: backlog.segments,
            oldest_waiting_seconds: oldestMs === undefined ? 0 : Math.max(0, nowMs() - oldestMs) / 1000,
          },
          shipper: {
            state: stateOf(lanes),
            lanes,
            refused_segments: refusedSegments,
            ...reason(shipperError),
          },
          clickhouse,
          schema: { state: schema, ...(findings.length === 0 ? {} : { findings: [...findings] }) },
        },
      };
    },
  };
}

/** That of the lane with more to tell. */
function stateOf({ fresh, backlog }: HealthReport['parts']['shipper']['lanes']): string {
  return fresh === 'idle' ? backlog : fresh;
}

function clickhouseOf(nodes: readonly NodeHealth[]): HealthReport['parts']['clickhouse'] {
  const up = nodes.find(({ state }) => state === 'up');
  const unavailable = nodes.find(({ state }) => state === 'unavailable');
  return {
    state: up === undefined ? 'unavailable' : unavailable === undefined ? 'up' : 'partly unavailable',
    ...(up?.version === undefined ? {} : { version: up.version }),
    ...reason(unavailable?.error),
    nodes: [...nodes],
  };
}

function reason(error: string | undefined): { error?: string } {
  return error === undefined ? {} : { error };
}
