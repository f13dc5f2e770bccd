import type { ClickHouseClient } from '../clickhouse/client.ts';

/** How many blocks a table has taken: since it was made, and until some time ago. */
export interface Blocks {
  readonly now: number;
  /** At most as many as there were then. */
  readonly earlier: number;
}

/**
 * ClickHouse numbers the blocks of a table in the order in which they come, and a part says which it has. Each block that
 * an INSERT brings is one part and one entry of the deduplication log; mutations take numbers, too, so the difference of
 * two counts is never less than the entries that were made between. What was merged since then is not counted in `earlier`.
 * @param client of the admin
 */
export async function countBlocks(client: ClickHouseClient, table: string, agoMs: number): Promise<Blocks> {
  const result = await client.query({
    query: `
      SELECT
          max(max_block_number) AS now,
          maxIf(max_block_number, modification_time <= now() - {agoS:UInt32}) AS earlier
      FROM system.parts
      WHERE database = currentDatabase() AND table = {table:String}`,
    query_params: { table, agoS: Math.min(Math.ceil(agoMs / 1000), 2 ** 31) },
    format: 'TabSeparated',
  });
  const [now = 0, earlier = 0] = (await result.text()).trim().split('\t').map(Number);
  return { now, earlier };
}
