import { connect, withClient, type ClickHouseClient } from '../clickhouse/client.ts';
import type { LivingNode } from '../clickhouse/topology.ts';

/** A node's database, asked as the administrator. */
export interface MigratedNode {
  /** `HOST:PORT` */
  readonly name: string;
  readonly client: ClickHouseClient;
}

/** A statement may rewrite a large table. */
const STATEMENT_TIMEOUT_MS = 6 * 60 * 60 * 1000;

/** The same nodes in the same order, each with a client in `database`, which need not exist yet. */
export function openNodes(
  nodes: readonly [LivingNode, ...LivingNode[]],
  database: string,
): readonly [MigratedNode, ...MigratedNode[]] {
  const [first, ...others] = nodes;
  return [open(first, database), ...others.map((node) => open(node, database))];
}

export async function closeNodes(nodes: readonly MigratedNode[]): Promise<void> {
  await Promise.all(nodes.map(async ({ client }) => client.close()));
}

export async function createDatabase({ endpoint }: LivingNode, database: string): Promise<void> {
  await withClient({ endpoint, role: 'admin' }, async (client) =>
    client.command({
      query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}',
      query_params: { database },
    }),
  );
}

function open({ name, endpoint }: LivingNode, database: string): MigratedNode {
  const requestTimeoutMs = STATEMENT_TIMEOUT_MS;
  return { name, client: connect({ endpoint, role: 'admin', database, requestTimeoutMs }) };
}
