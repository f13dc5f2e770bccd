import type { HealthReport, Readiness } from '../health/health.ts';

/** Not ready as soon as one worker is not: nobody who posts can choose another. */
export function aggregateReadiness(all: readonly Readiness[]): Readiness {
  return all.find(({ status }) => status !== 'ready') ?? { status: 'ready' };
}

/**
 * The reports of several workers as one: backlogs added up, and of every other part the worst.
 * @param reports at least one
 * @param expected how many workers there should be
 */
export function aggregateReport(reports: readonly HealthReport[], expected: number): HealthReport {
  const [first] = reports;
  if (first === undefined) throw new RangeError('received no report, expected that of one worker at least');
  const parts = reports.map((report) => report.parts);
  const isComplete = reports.length === expected;
  const statuses = new Set(reports.map(({ status }) => status));
  const isWell = isComplete && statuses.size === 1 && statuses.has('ok');
  return {
    status: statuses.has('not ready') ? 'not ready' : isWell ? 'ok' : 'degraded',
    parts: {
      journal: {
        ...(
          parts.find(({ journal }) => journal.state !== 'ok') ??
          parts.find(({ journal }) => journal.error !== undefined) ??
          first.parts
        ).journal,
        // One quarantine, which all workers share and look at now and then: the latest look has seen most.
        quarantined: Math.max(...parts.map(({ journal }) => journal.quarantined)),
      },
      backlog: {
        events: sum(parts.map(({ backlog }) => backlog.events)),
        rejected_events: sum(parts.map(({ backlog }) => backlog.rejected_events)),
        bytes: sum(parts.map(({ backlog }) => backlog.bytes)),
        segments: sum(parts.map(({ backlog }) => backlog.segments)),
        oldest_waiting_seconds: Math.max(...parts.map(({ backlog }) => backlog.oldest_waiting_seconds)),
      },
      shipper: {
        ...(parts.find(({ shipper }) => shipper.error !== undefined) ?? first.parts).shipper,
        refused_segments: sum(parts.map(({ shipper }) => shipper.refused_segments)),
      },
      clickhouse: (parts.find(({ clickhouse }) => clickhouse.state !== 'up') ?? first.parts).clickhouse,
      schema: (
        parts.find(({ schema }) => schema.state !== 'ready') ??
        parts.find(({ schema }) => schema.findings !== undefined) ??
        first.parts
      ).schema,
      workers: { state: isComplete ? 'ok' : 'incomplete', answering: reports.length, expected },
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
