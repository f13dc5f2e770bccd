import type { ClickHouseClient } from './client.ts';
import { rowsOf } from './checked-node.ts';
import { NotReady } from './errors.ts';

/**
 * Since when rows fall to the shards that they fall to now, in milliseconds since the epoch by the shards' clocks: when the
 * youngest of them took its first migration. No migration begins before all nodes have the same list of shards.
 *
 * Of a shard's replicas, the first that lives is asked. One that was made anew makes its shard look younger than it is,
 * which does no harm.
 * @param client of the admin, in the service's database
 * @throws NotReady while the nodes' lists of shards differ, or a shard has not taken every migration that others have; and
 * what ClickHouse throws, as when a shard is away
 */
export async function clusterSinceMs(client: ClickHouseClient, cluster: string): Promise<number> {
  await assertOneList(client, cluster);
  // First: an embedded engine that asks another for a table that is not there crashes (measured on 26.7.2).
  const [made] = await rowsOf<{ isEverywhere: 0 | 1 }>(
    client,
    `SELECT uniqExact(_shard_num) = (SELECT uniqExact(shard_num) FROM system.clusters WHERE cluster = {cluster:String}) AS isEverywhere
     FROM cluster('${cluster}', system.tables)
     WHERE database = (SELECT currentDatabase()) AND name = 'migrations'`,
    { cluster },
  );
  if (made?.isEverywhere !== 1) throw notMigrated(cluster);
  const [ledgers] = await rowsOf<{ sinceMs: string; isWhole: 0 | 1 }>(
    client,
    `SELECT toUnixTimestamp64Milli(max(since)) AS sinceMs, min(files) = max(files) AND min(files) > 0 AND count() = (SELECT uniqExact(shard_num) FROM system.clusters WHERE cluster = {cluster:String}) AS isWhole
     FROM
     (
         SELECT min(applied_at) AS since, uniqExactIf(name, statement = 0) AS files
         FROM cluster('${cluster}', currentDatabase(), migrations)
         GROUP BY _shard_num
     )`,
    { cluster },
  );
  if (ledgers?.isWhole !== 1) throw notMigrated(cluster);
  return Number(ledgers.sinceMs);
}

/** A shard that is not in every list is in fewer of them than the others. A node that is away takes no rows. */
async function assertOneList(client: ClickHouseClient, cluster: string): Promise<void> {
  const [row] = await rowsOf<{ isOne: 0 | 1 }>(
    client,
    `SELECT uniqExact(lists) = 1 AS isOne
     FROM
     (
         SELECT count() AS lists
         FROM clusterAllReplicas('${cluster}', system.clusters)
         WHERE cluster = {cluster:String}
         GROUP BY shard_num, replica_num, host_name, port, shard_weight
     )
     SETTINGS skip_unavailable_shards = 1`,
    { cluster },
  );
  if (row?.isOne !== 1)
    throw new NotReady('schema', `the nodes of cluster ${cluster} disagree about its shards`);
}

function notMigrated(cluster: string): NotReady {
  return new NotReady('schema', `not every shard of cluster ${cluster} is migrated`);
}
