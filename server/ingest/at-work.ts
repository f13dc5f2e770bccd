import type { ClickHouseClient } from '../clickhouse/client.ts';

/**
 * Whether an INSERT under this token is still at work on any node: one whose sender has gone away may go on for a while.
 * A node that does not answer is not asked.
 * @param client of the admin
 */
export async function isAtWork(
  client: ClickHouseClient,
  cluster: string | undefined,
  token: string,
): Promise<boolean> {
  const processes =
    cluster === undefined ? 'system.processes' : `clusterAllReplicas('${cluster}', system.processes)`;
  const result = await client.query({
    query: `SELECT count() FROM ${processes} WHERE initial_query_id = {token:String}`,
    query_params: { token },
    format: 'TabSeparated',
    clickhouse_settings: { skip_unavailable_shards: 1 },
  });
  return Number(await result.text()) > 0;
}
