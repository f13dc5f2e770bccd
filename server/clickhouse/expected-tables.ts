import { localName, type Layout } from './topology.ts';

/** What the guarantees rest on in one table; the migrations make it so. */
export interface ExpectedTable {
  readonly name: string;
  readonly engine: string;
  /** Of the table over a cluster alone: a segment that is sent again must be cut in the same way. */
  readonly shardingKey?: string;
  readonly columns: Readonly<Record<string, string>>;
  /** The migration that makes it. */
  readonly migration: string;
}

const EVENTS: ExpectedTable = {
  name: 'events',
  shardingKey: "cityHash64(if(user = '', session_id, user))",
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
  shardingKey: 'cityHash64(event_id)',
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

/** Every table of one node that an INSERT of rows writes, directly or through the view; on a cluster, those over it, too. */
export function expectedTables(layout: Layout): readonly ExpectedTable[] {
  const tables = [EVENTS, HOURLY, REJECTED];
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

/** The view between `events` and `hourly`. */
export function expectedView(layout: Layout) {
  return {
    name: 'hourly_view',
    from: localName(EVENTS.name, layout),
    to: localName(HOURLY.name, layout),
    migration: HOURLY.migration,
  };
}

/**
 * Each table's own settings, and the least that they may be; none of a table that holds no rows itself.
 * @param window `config.deduplicationWindow`
 */
export function leastSettings(engine: string, window: number): Readonly<Record<string, number>> {
  if (engine === 'Distributed') return {};
  return {
    ...(engine.startsWith('Replicated')
      ? { replicated_deduplication_window: window, replicated_deduplication_window_seconds: 2_592_000 }
      : { non_replicated_deduplication_window: window }),
    fsync_after_insert: 1,
    fsync_part_directory: 1,
  };
}

/** The version on which the guarantees were measured: year and release. */
export const MEASURED_VERSION: readonly [number, number] = [26, 7];

/**
 * How far the clocks may be apart, in milliseconds. Beyond it a person is told, and shipping goes on: no guarantee rests
 * on the clocks, the times in rows that wait would not get better, and a clock that is set must not stop the service.
 */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;
