import type { ClickHouseClient } from '../../server/clickhouse/client.ts';

/** One row of `events` as tests need it; the other columns are filled in. */
export interface TestEvent {
  readonly timestampMs: number;
  readonly user: string;
  readonly name: string;
  readonly category?: string;
}

/** Sends a batch the way the shipper does: one INSERT under a token, which is also the query id. */
export async function sendBatch(
  client: ClickHouseClient,
  token: string,
  events: readonly TestEvent[],
): Promise<void> {
  await client.insert({
    table: 'events',
    values: events.map(({ timestampMs, user, name, category = 'analytics' }, index) => ({
      timestamp: timestampMs * 1000,
      received_at: timestampMs * 1000,
      event_id: `${token}-${index}`,
      session_id: `session of ${user}`,
      user,
      category,
      name,
      data: '{}',
    })),
    format: 'JSONEachRow',
    query_id: token,
    clickhouse_settings: {
      async_insert: 0,
      insert_deduplication_token: token,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      input_format_parallel_parsing: 0,
      max_partitions_per_insert_block: '0',
    },
  });
}

/** The single row that a query gives. */
export async function oneRow<T>(client: ClickHouseClient, query: string): Promise<T | undefined> {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return (await result.json<T>())[0];
}
