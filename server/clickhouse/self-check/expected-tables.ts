import { localName, type Layout } from '../topology.ts';

/** What the guarantees rest on in one table; the migrations make it so. */
export interface ExpectedTable {
  readonly name: string;
  readonly engine: string;
  /** Of the table over a cluster alone: so that copies of an event meet on one shard. */
  readonly shardingKey?: string;
  /** By which a merge takes rows for the same. */
  readonly sortingKey: string;
  readonly columns: Readonly<Record<string, string>>;
  /** The migration that makes it. */
  readonly migration: string;
}

const EVENTS: ExpectedTable = {
  name: 'events',
  shardingKey: 'cityHash64(application, event_id)',
  engine: 'ReplacingMergeTree',
  sortingKey: 'category, name, timestamp, application, event_id',
  migration: 'migrations/0001_events.sql',
  columns: {
    timestamp: "DateTime64(6, 'UTC')",
    received_at: "DateTime64(6, 'UTC')",
    event_id: 'String',
    application: 'LowCardinality(String)',
    session_id: 'String',
    user: 'String',
    category: 'LowCardinality(String)',
    name: 'LowCardinality(String)',
    data: 'String',
    typed: 'UInt8',
    shape: 'LowCardinality(String)',
    precedence: 'UInt64',
  },
};

const COUNTS = 'migrations/0002_counts.sql';

/** Of each table of counts. */
const COUNTED = {
  application: 'LowCardinality(String)',
  category: 'LowCardinality(String)',
  name: 'LowCardinality(String)',
  rows: 'SimpleAggregateFunction(sum, UInt64)',
};

// Without one of its columns a view goes on and leaves it out, without an error (measured).
const MINUTES: ExpectedTable = {
  name: 'minutes',
  engine: 'AggregatingMergeTree',
  sortingKey: 'category, name, minute, application',
  migration: COUNTS,
  columns: {
    minute: "DateTime('UTC')",
    ...COUNTED,
    ids: "AggregateFunction(uniqExact, String, DateTime64(6, 'UTC'))",
  },
};

const HOURS: ExpectedTable = {
  name: 'hours',
  engine: 'AggregatingMergeTree',
  sortingKey: 'category, name, hour, application',
  migration: COUNTS,
  columns: {
    hour: "DateTime('UTC')",
    ...COUNTED,
    first: "SimpleAggregateFunction(min, DateTime64(6, 'UTC'))",
    last: "SimpleAggregateFunction(max, DateTime64(6, 'UTC'))",
    users: 'AggregateFunction(uniqExact, String)',
    sessions: 'AggregateFunction(uniqExact, String)',
  },
};

const REJECTED: ExpectedTable = {
  name: 'rejected_events',
  shardingKey: 'cityHash64(event_id)',
  engine: 'ReplacingMergeTree',
  sortingKey: 'received_at, event_id',
  migration: 'migrations/0003_rejected_events.sql',
  columns: {
    received_at: "DateTime64(6, 'UTC')",
    event_id: 'String',
    application: 'LowCardinality(String)',
    reason: 'LowCardinality(String)',
    errors: 'String',
    payload: 'String',
  },
};

/** Every table of one node that an INSERT of rows writes, directly or through a view; on a cluster, those over it, too. */
export function expectedTables(layout: Layout): readonly ExpectedTable[] {
  const tables = [EVENTS, MINUTES, HOURS, REJECTED];
  const local = tables.map((table) => ({
    ...table,
    name: localName(table.name, layout),
    engine: `${layout.replicated ? 'Replicated' : ''}${table.engine}`,
  }));
  if (layout.cluster === undefined) return local;
  return [...local, ...tables.map((table) => ({ ...table, engine: 'Distributed' }))];
}

/** Those that rows are sent to. */
export const SHIPPED_TABLES: readonly string[] = [EVENTS.name, REJECTED.name];

/** Those that questions are asked of. */
export const ASKED_TABLES: readonly string[] = [EVENTS, MINUTES, HOURS, REJECTED].map(({ name }) => name);

export interface ExpectedView {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly migration: string;
}

/** The views between `events` and its counts. */
export function expectedViews(layout: Layout): readonly ExpectedView[] {
  const from = localName(EVENTS.name, layout);
  return [MINUTES, HOURS].map(({ name, migration }) => ({
    name: `${name}_view`,
    from,
    to: localName(name, layout),
    migration,
  }));
}

/**
 * Settings of each table that holds rows, 1 each: an INSERT is answered once its part is on the disk, and what is merged, of
 * however few rows, is there before the parts that it was made of go.
 */
export const SYNCED: readonly string[] = [
  'fsync_after_insert',
  'fsync_part_directory',
  'min_rows_to_fsync_after_merge',
];

/** The version on which the guarantees were measured: year and release. */
export const MEASURED_VERSION: readonly [number, number] = [26, 7];

/**
 * How far the clocks may be apart, in milliseconds. Beyond it a person is told, and shipping goes on: no guarantee rests
 * on the clocks, the times in rows that wait would not get better, and a clock that is set must not stop the service.
 */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;
