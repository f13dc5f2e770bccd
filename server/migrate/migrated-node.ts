import { connect, rowsOf, withClient, type ClickHouseClient } from '../clickhouse/client.ts';
import { checkVersion } from '../clickhouse/self-check/check-version.ts';
import { describeFinding } from '../clickhouse/self-check/finding.ts';
import type { LivingNode } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';

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

/** @throws AppError `invalid` when nothing would be shipped to tables that are made there */
export async function assertVersion({ name, endpoint }: LivingNode): Promise<void> {
  const [row] = await withClient({ endpoint, role: 'admin' }, async (client) =>
    rowsOf<{ version: string }>(client, 'SELECT version() AS version'),
  );
  const findings = checkVersion(row?.version ?? 'nothing').map(describeFinding);
  if (findings.length > 0) throw new AppError('invalid', `Nothing was migrated at ${name}: ${findings.join('; ')}`);
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
