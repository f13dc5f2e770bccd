import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Finding } from '../clickhouse/self-check/finding.ts';
import type { Backlog } from '../journal/backlog.ts';
import { EVENTS, REJECTED } from '../journal/segment.ts';

/**
 * Every metric of the service. For the events of one process, at any moment:
 * `accepted + recovered = stored + refused + waiting`, and `clickhour_events_unaccounted` is the difference, always 0.
 */
export type Metrics = ReturnType<typeof createMetrics>;

/** @param backlog what waits; read when the metrics are asked for */
export function createMetrics(backlog: Backlog, nowMs: () => number) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    events: eventMetrics(registry, backlog, nowMs),
    journal: journalMetrics(registry, backlog),
    http: httpMetrics(registry),
    httpShed: new Counter({
      name: 'clickhour_http_shed_total',
      help: 'Requests refused with 503 or 429 before anybody looked at them, because there was no time for them',
      labelNames: ['kind'],
      registers: [registry],
    }),
    live: liveMetrics(registry),
    /** @param count how many connections are open */
    connections: (count: () => number) => gauge(registry, 'clickhour_connections', 'Open connections', count),
    /** @param findings what the last check of ClickHouse found */
    findings: (findings: () => readonly Finding[]) => findingMetric(registry, findings),
    hourlyQueries: new Counter({
      name: 'clickhour_hourly_queries_total',
      help: 'Queries of the tables of counts for hours, by what they read',
      labelNames: ['reads'],
      registers: [registry],
    }),
  };
}

/** @param aggregator how the gauges of several workers become one */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number,
  aggregator: 'sum' | 'max' = 'sum',
): void {
  const collect = function collect(this: Gauge) {
    this.set(read());
  };
  registry.registerMetric(new Gauge({ name, help, collect, aggregator, registers: [] }));
}

function findingMetric(registry: Registry, findings: () => readonly Finding[]): void {
  const severities: readonly Finding['severity'][] = ['blocking', 'warning'];
  const collect = function collect(this: Gauge<'severity'>) {
    const found = findings();
    for (const severity of severities)
      this.set({ severity }, found.filter((each) => each.severity === severity).length);
  };
  const name = 'clickhour_findings';
  const help = 'What in ClickHouse is not as it should be, by severity; blocking: nothing is shipped until it is fixed';
  registry.registerMetric(
    new Gauge({ name, help, labelNames: ['severity'], collect, aggregator: 'max', registers: [] }),
  );
}

function eventMetrics(registry: Registry, backlog: Backlog, nowMs: () => number) {
  const registers = [registry];
  const totals = { accepted: 0, recovered: 0, stored: 0, refused: 0 };
  const total = (name: keyof typeof totals, help: string) => {
    const counter = new Counter({ name: `clickhour_events_${name}_total`, help, registers });
    return (rows: number) => {
      totals[name] += rows;
      counter.inc(rows);
    };
  };
  const waiting = 'Events in the journal that are not known to be in ClickHouse';
  const eventsWaiting = () => backlog.of(EVENTS).rows;
  gauge(registry, 'clickhour_events_waiting', waiting, eventsWaiting);
  gauge(
    registry,
    'clickhour_events_unaccounted',
    'accepted + recovered - stored - refused - waiting; anything but 0 is a defect',
    () => totals.accepted + totals.recovered - totals.stored - totals.refused - eventsWaiting(),
  );
  gauge(
    registry,
    'clickhour_rejected_events_waiting',
    'Rejected events in the journal that are not known to be in ClickHouse; no part of the sum above',
    () => backlog.of(REJECTED).rows,
  );
  gauge(
    registry,
    'clickhour_oldest_waiting_seconds',
    'Age of the oldest segment that waits, of events or of rejected events; 0 when none does',
    () => (backlog.oldestMs === undefined ? 0 : Math.max(0, nowMs() - backlog.oldestMs) / 1000),
    'max',
  );
  const untyped = new Counter({
    name: 'clickhour_events_untyped_total',
    help: 'Events without the typed column: it would cost too much, or ClickHouse took them only without it',
    registers,
  });
  const notKept = new Counter({
    name: 'clickhour_rejections_not_kept_total',
    help: 'Rejected events that GET /events/rejected does not have, for want of room; the answers said so, or to send again',
    registers,
  });
  return {
    byDialect: new Counter({
      name: 'clickhour_dialect_events_total',
      help: 'Events judged, by the dialect in which they came and whether they were accepted or rejected',
      labelNames: ['dialect', 'verdict'],
      registers,
    }),
    /** Told how many rejections; no part of the sum. */
    notKept: (rejections: number) => notKept.inc(rejections),
    /** Told how many rows; no part of the sum. */
    untyped: (rows: number) => untyped.inc(rows),
    accepted: total('accepted', 'Events made durable here, each of which got its answer after that'),
    recovered: total('recovered', 'Events taken over from the journal of a process that is gone'),
    stored: total('stored', 'Events that ClickHouse has'),
    refused: total(
      'refused',
      'Events that ClickHouse does not take, in rejected_events or on the way there, or in quarantine',
    ),
    rejected: new Counter({
      name: 'clickhour_events_rejected_total',
      help: 'Events and bodies refused, each with an answer that says why, by reason',
      labelNames: ['reason'],
      registers,
    }),
  };
}

function journalMetrics(registry: Registry, backlog: Backlog) {
  const registers = [registry];
  gauge(registry, 'clickhour_journal_bytes', 'Bytes in the journal', () => backlog.bytes);
  gauge(registry, 'clickhour_journal_segments', 'Segments in the journal', () => backlog.segments);
  return {
    commitSeconds: new Histogram({
      name: 'clickhour_journal_commit_seconds',
      help: 'One group commit: written and synced',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
      registers,
    }),
    /** @param files how many files are in quarantine; all servers on one disk share it */
    quarantined: (files: () => number) =>
      gauge(registry, 'clickhour_quarantined_files', 'Files of the journal in quarantine', files, 'max'),
    shipSeconds: new Histogram({
      name: 'clickhour_ship_seconds',
      help: 'One INSERT, until ClickHouse has its rows',
      buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
    shipFailures: new Counter({
      name: 'clickhour_ship_failures_total',
      help: 'INSERTs that failed, by class: schema and server (sent again), request (bisected, and so are rows that failed three times for memory or time)',
      labelNames: ['class'],
      registers,
    }),
  };
}

function httpMetrics(registry: Registry) {
  return new Histogram({
    name: 'clickhour_http_request_seconds',
    labelNames: ['method', 'route', 'status'],
    help: 'HTTP requests that were not shed, from the end of their head to their answer; of a stream, to its beginning',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
}

function liveMetrics(registry: Registry) {
  const registers = [registry];
  return {
    readers: new Gauge({
      name: 'clickhour_live_readers',
      help: 'Readers of streams at the moment',
      registers,
    }),
    cutOff: new Counter({
      name: 'clickhour_live_readers_cut_off_total',
      help: 'Readers of streams whose connection was ended because they did not keep up',
      registers,
    }),
    queries: new Counter({
      name: 'clickhour_live_queries_total',
      help: 'Questions asked for streams: one a second for each different question that has readers',
      registers,
    }),
  };
}
