import { withAdmins } from '../clickhouse/admin-node.ts';
import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { readTopology } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';
import { KEYS } from '../erase/erasure-tables.ts';

const TIMEOUT_MS = 60_000;

/** Of each node that answers, the last mutation of its raw events. */
export type LastMutations = ReadonlyMap<string, string | undefined>;

/**
 * Looks at every node that answers whether a user is being erased, and which mutation was the last. In this order, so that an
 * erasure that begins between the two is seen by one of them.
 * @throws AppError `unavailable` while a user is being erased: between the copy of the sets and that of the events, it would
 * take events away that the sets have
 */
export async function refuseWhileErasing(endpoint: ClickHouseEndpoint, database: string): Promise<LastMutations> {
  const asAdmin = { database, requestTimeoutMs: TIMEOUT_MS };
  const found = await withAdmins(await readTopology(endpoint), asAdmin, async (nodes) =>
    Promise.all(
      nodes.map(async ({ name, client }) => {
        const last = await lastMutation(client);
        if (await isErasing(client)) throw erasing();
        return [name, last] as const;
      }),
    ),
  );
  return new Map(found);
}

/** Whether events were removed between the two. An erasure runs on all nodes, so one that answered only once need not tell. */
export function hasErased(before: LastMutations, after: LastMutations): boolean {
  return [...after].some(([node, last]) => before.has(node) && before.get(node) !== last);
}

async function isErasing(client: ClickHouseClient): Promise<boolean> {
  const query = 'SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = {keys:String}';
  return (await rowsOf(client, query, { keys: KEYS })).length > 0;
}

async function lastMutation(client: ClickHouseClient): Promise<string | undefined> {
  const query = `
    SELECT toString(max((create_time, mutation_id))) AS last
    FROM system.mutations WHERE database = currentDatabase() AND table IN ('events', 'events_local')`;
  const [row] = await rowsOf<{ last: string }>(client, query);
  return row?.last;
}

function erasing(): AppError {
  const message = 'A user is being erased, or an erasure was interrupted: run it to its end, then back up.';
  return new AppError('unavailable', message);
}
