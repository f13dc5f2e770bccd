import type { ClickHouseClient } from '../clickhouse/client.ts';
import { localName } from '../clickhouse/topology.ts';

/** How many blocks a table has taken: since it was made, and until some time ago. */
export interface Blocks {
  readonly now: number;
  /** At most as many as there were then. */
  readonly earlier: number;
}

/** A table by its plain name, and the cluster that it stands over, if it does. */
export interface CountedTable {
  readonly table: string;
  readonly cluster: string | undefined;
}

/**
 * ClickHouse numbers the blocks of a table in the order in which they come, and a part says which it has. Each block that
 * an INSERT brings is one part and one entry of the deduplication log; mutations take numbers, too, so the difference of
 * two counts is never less than the entries that were made between. What was merged since then is not counted in `earlier`.
 *
 * Of a cluster, the sum over its shards, each of which has a log of its own: the difference is never less than that of any.
 * A table with replicas numbers the blocks of each partition by itself (not tried).
 * @param client of the admin
 */
export async function countBlocks(
  client: ClickHouseClient,
  { table, cluster }: CountedTable,
  agoMs: number,
): Promise<Blocks> {
  const [parts, shard] =
    cluster === undefined ? ['system.parts', "''"] : [`cluster('${cluster}', system.parts)`, '_shard_num'];
  const result = await client.query({
    query: `
      SELECT sum(latest), sum(latest_then)
      FROM
      (
          SELECT
              max(max_block_number) AS latest,
              maxIf(max_block_number, modification_time <= now() - {agoS:UInt32}) AS latest_then
          FROM ${parts}
          WHERE database = (SELECT currentDatabase()) AND table = {table:String}
          GROUP BY ${shard}, if(startsWith(engine, 'Replicated'), partition_id, '')
      )`,
    query_params: {
      table: localName(table, { cluster }),
      agoS: Math.min(Math.ceil(agoMs / 1000), 2 ** 31),
    },
    format: 'TabSeparated',
  });
  const [now = 0, earlier = 0] = (await result.text()).trim().split('\t').map(Number);
  return { now, earlier };
}
