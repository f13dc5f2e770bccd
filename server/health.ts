import { messageOf } from './errors.ts';
import type { Backlog } from './ingest/backlog.ts';
import type { Ingest } from './ingest/ingest.ts';

export interface HealthDependencies {
  readonly ingest: Pick<Ingest, 'health'>;
  readonly backlog: Backlog;
  /** Resolves when ClickHouse answers, with its version; rejects otherwise. Bounded in time. */
  readonly clickhouseVersion: () => Promise<string>;
  /** In what state the tables are, for people. */
  readonly schemaState: () => string;
  readonly nowMs: () => number;
}

/** How every part of the service is, in words. */
export interface Health {
  /** Whether events can be accepted; true while ClickHouse is away. */
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
    readonly journal: { readonly state: 'ok' | 'refusing'; readonly error?: string };
    readonly backlog: { events: number; bytes: number; segments: number; oldest_waiting_seconds: number };
    readonly shipper: { readonly state: string; readonly refused_segments: number; readonly error?: string };
    readonly clickhouse: {
      readonly state: 'up' | 'away';
      readonly version?: string;
      readonly error?: string;
    };
    readonly schema: { readonly state: string };
    /** Only where there are several: how many answer, of how many there should be. */
    readonly workers?: {
      readonly state: 'ok' | 'incomplete';
      readonly answering: number;
      readonly expected: number;
    };
  };
}

export function createHealth(dependencies: HealthDependencies): Health {
  const { ingest, backlog, clickhouseVersion, schemaState, nowMs } = dependencies;
  return {
    readiness: async () => {
      const { accepting, journalError } = ingest.health();
      if (accepting) return { status: 'ready' };
      return { status: 'not ready', reason: journalError ?? 'the journal takes no events' };
    },
    report: async () => {
      const { accepting, journalError, shipper, shipperError, refusedSegments } = ingest.health();
      const clickhouse = await clickhouseVersion().then(
        (version) => ({ state: 'up' as const, version }),
        (error: unknown) => ({ state: 'away' as const, error: messageOf(error) }),
      );
      const schema = schemaState();
      const isShipping = shipperError === undefined && refusedSegments === 0;
      const isWell = clickhouse.state === 'up' && isShipping && schema === 'ready';
      const oldestMs = backlog.oldestMs;
      return {
        status: !accepting ? 'not ready' : isWell ? 'ok' : 'degraded',
        parts: {
          journal: { state: accepting ? 'ok' : 'refusing', ...reason(journalError) },
          backlog: {
            events: backlog.rows,
            bytes: backlog.bytes,
            segments: backlog.segments,
            oldest_waiting_seconds: oldestMs === undefined ? 0 : Math.max(0, nowMs() - oldestMs) / 1000,
          },
          shipper: { state: shipper, refused_segments: refusedSegments, ...reason(shipperError) },
          clickhouse,
          schema: { state: schema },
        },
      };
    },
  };
}

function reason(error: string | undefined): { error?: string } {
  return error === undefined ? {} : { error };
}
