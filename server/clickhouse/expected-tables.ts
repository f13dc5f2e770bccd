/** What the guarantees rest on in one table; the migrations make it so. */
export interface ExpectedTable {
  readonly name: string;
  readonly engine: string;
  readonly columns: Readonly<Record<string, string>>;
  /** The migration that makes it. */
  readonly migration: string;
}

const EVENTS: ExpectedTable = {
  name: 'events',
  engine: 'MergeTree',
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
    batch: 'String',
  },
};

const HOURLY: ExpectedTable = {
  name: 'hourly',
  engine: 'AggregatingMergeTree',
  migration: 'migrations/0002_hourly.sql',
  // Without one of them the view goes on and leaves that column out of its hours, without an error (measured).
  columns: {
    hour: "DateTime('UTC')",
    clicks: 'SimpleAggregateFunction(sum, UInt64)',
    impressions: 'SimpleAggregateFunction(sum, UInt64)',
    users: 'AggregateFunction(uniqExact, String)',
  },
};

const REJECTED: ExpectedTable = {
  name: 'rejected_events',
  engine: 'MergeTree',
  migration: 'migrations/0003_rejected_events.sql',
  columns: {
    received_at: "DateTime64(6, 'UTC')",
    event_id: 'String',
    application: 'LowCardinality(String)',
    reason: 'LowCardinality(String)',
    errors: 'String',
    payload: 'String',
    batch: 'String',
  },
};

/** Every table that an INSERT of rows writes, directly or through the view. */
export const EXPECTED_TABLES: readonly ExpectedTable[] = [EVENTS, HOURLY, REJECTED];

/** Those that rows are sent to. */
export const SHIPPED_TABLES: readonly string[] = [EVENTS.name, REJECTED.name];

/** The view between `events` and `hourly`. */
export const EXPECTED_VIEW = {
  name: 'hourly_view',
  from: EVENTS.name,
  to: HOURLY.name,
  migration: HOURLY.migration,
};

/** Each table's own settings, and the least that they may be. */
export const LEAST_SETTINGS: Readonly<Record<string, number>> = {
  non_replicated_deduplication_window: 100_000,
  fsync_after_insert: 1,
  fsync_part_directory: 1,
};

/** The version on which the guarantees were measured: year and release. */
export const MEASURED_VERSION: readonly [number, number] = [26, 7];

/**
 * How far the clocks may be apart, in milliseconds. Beyond it a person is told, and shipping goes on: no guarantee rests
 * on the clocks, the times in rows that wait would not get better, and a clock that is set must not stop the service.
 */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;
