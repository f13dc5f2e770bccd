import type { Gate } from '../clickhouse/self-check/gate.ts';
import type { NodeHealth } from '../clickhouse/node-health.ts';
import type { Finding } from '../clickhouse/self-check/finding.ts';
import type { Backlog } from '../journal/backlog.ts';
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

export interface Readiness {
  readonly status: 'ready' | 'not ready';
  readonly reason?: string;
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'not ready';
  readonly parts: {
    readonly journal: {
      readonly state: 'ok' | 'refusing';
      /** Files in quarantine. */
      readonly quarantined: number;
      readonly error?: string;
    };
    readonly backlog: { events: number; bytes: number; segments: number; oldest_waiting_seconds: number };
    readonly shipper: {
      readonly state: string;
      /** What is new, and everything else: `idle`, `sending`, `waiting` for its turn, `unavailable`, `closed`. */
      readonly lanes: Readonly<Record<'fresh' | 'backlog', string>>;
      readonly refused_segments: number;
      readonly error?: string;
    };
    readonly clickhouse: ClickHouseHealth;
    /** `ready`, or why nothing is shipped; and what in ClickHouse is not as it should be. */
    readonly schema: { readonly state: string; readonly findings?: readonly Finding[] };
    /** Only where there are several: how many answer, of how many there should be. */
    readonly workers?: {
      readonly state: 'ok' | 'incomplete';
      readonly answering: number;
      readonly expected: number;
    };
  };
}

export interface ClickHouseHealth {
  /** `partly unavailable`: some nodes of a cluster answer and others do not. */
  readonly state: 'up' | 'partly unavailable' | 'unavailable';
  /** Of the first node that answers. */
  readonly version?: string;
  /** Of the first node that does not. */
  readonly error?: string;
  readonly nodes: readonly NodeHealth[];
}

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
            events: backlog.rows,
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
          schema: { state: schema, ...(findings.length === 0 ? {} : { findings }) },
        },
      };
    },
  };
}

/** That of the lane with more to tell. */
function stateOf({ fresh, backlog }: HealthReport['parts']['shipper']['lanes']): string {
  return fresh === 'idle' ? backlog : fresh;
}

function clickhouseOf(nodes: readonly NodeHealth[]): ClickHouseHealth {
  const up = nodes.find(({ state }) => state === 'up');
  const unavailable = nodes.find(({ state }) => state === 'unavailable');
  return {
    state: up === undefined ? 'unavailable' : unavailable === undefined ? 'up' : 'partly unavailable',
    ...(up?.version === undefined ? {} : { version: up.version }),
    ...reason(unavailable?.error),
    nodes,
  };
}

function reason(error: string | undefined): { error?: string } {
  return error === undefined ? {} : { error };
}
