import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';
import type { Layout } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';

/**
 * That the tables of this client's database were made for the layout; nothing when there are none yet. Engines cannot be
 * changed afterwards, so a migration could not fix it.
 * @throws AppError `invalid` that says for what they were made
 */
export async function assertMadeFor(client: ClickHouseClient, layout: Layout): Promise<void> {
  const tables = await rowsOf<{ name: string; engine: string }>(
    client,
    `SELECT name, engine
     FROM system.tables
     WHERE database = currentDatabase() AND name IN ('events', 'events_local')`,
  );
  if (tables.length === 0) return;
  const local = tables.find(({ name }) => name === 'events_local')?.engine;
  const made = describe({
    cluster: local === undefined ? undefined : '',
    replicated: local?.startsWith('Replicated') === true,
  });
  if (made === describe(layout)) return;
  throw new AppError(
    'invalid',
    `The database was made for ${made}, and this is ${describe(layout)}: put CLICKHOUSE_CLUSTER and the cluster back as ` +
      'they were, or name another CLICKHOUSE_DATABASE and copy the events into it.',
  );
}

function describe({ cluster, replicated }: Layout): string {
  if (cluster === undefined) return 'one server';
  return replicated ? 'a cluster with replicas' : 'a cluster without replicas';
}
