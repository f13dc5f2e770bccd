import type { ClickHouseClient } from '../../server/clickhouse/client.ts';

/** What one answer took of ClickHouse, on average. */
export interface QuestionCost {
  readonly queries: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly maxMemoryBytes: number;
  /** Of the processor, all threads together: it says what a busy machine would take alone. */
  readonly processorMs: number;
}

/** What the service's questions since a moment took, a request. */
export async function costSince(client: ClickHouseClient, sinceUs: number, requests: number): Promise<QuestionCost> {
  await client.command({ query: 'SYSTEM FLUSH LOGS query_log' });
  const result = await client.query({
    query: `
      SELECT
        count() / {requests:UInt32} AS queries,
        sum(read_rows) / {requests:UInt32} AS rowsRead,
        sum(read_bytes) / {requests:UInt32} AS bytesRead,
        toFloat64(max(memory_usage)) AS maxMemoryBytes,
        sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds'])
          / 1000 / {requests:UInt32} AS processorMs
      FROM system.query_log
      WHERE type = 'QueryFinish' AND user = 'query' AND match(query, 'FROM (events|rejected_events|hours|minutes)')
        AND toUnixTimestamp64Micro(query_start_time_microseconds) >= {since_us:Int64}`,
    query_params: { since_us: sinceUs, requests },
    format: 'JSONEachRow',
  });
  const [cost] = await result.json<QuestionCost>();
  return cost ?? { queries: 0, rowsRead: 0, bytesRead: 0, maxMemoryBytes: 0, processorMs: 0 };
}

/** The time by ClickHouse's clock, in microseconds since the epoch. */
export async function clickHouseTimeUs(client: ClickHouseClient): Promise<number> {
  const result = await client.query({
    query: 'SELECT toUnixTimestamp64Micro(now64(6))',
    format: 'TabSeparated',
  });
  return Number(await result.text());
}
