import type { ClickHouseClient } from '../../../server/clickhouse/client.ts';
import { EACH_INSERT } from '../../../server/clickhouse/insert-settings.ts';

/** One row of `events` as tests need it; the other columns are filled in. */
export interface TestEvent {
  readonly timestampMs: number;
  readonly user: string;
  readonly name: string;
  readonly category?: string;
}

/**
 * Sends a batch the way the shipper does: one INSERT, which may be sent again.
 * @param ids what the ids of its events begin with
 */
export async function sendBatch(client: ClickHouseClient, ids: string, events: readonly TestEvent[]): Promise<void> {
  await client.insert({
    table: 'events',
    values: events.map(({ timestampMs, user, name, category = 'analytics' }, index) => ({
      timestamp: timestampMs * 1000,
      received_at: timestampMs * 1000,
      event_id: `${ids}-${index}`,
      session_id: `session of ${user}`,
      user,
      category,
      name,
      data: '{}',
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { ...EACH_INSERT, max_partitions_per_insert_block: '0' },
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
