import { withAdmins, type AdminNode } from '../clickhouse/admin-node.ts';
import { rowsOf } from '../clickhouse/client.ts';
import { requireRoom } from '../clickhouse/disk-room.ts';
import { checkVersion } from '../clickhouse/self-check/check-version.ts';
import { describeFinding } from '../clickhouse/self-check/finding.ts';
import type { Topology } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';

/**
 * Makes the database on every node that has none.
 * @throws AppError `invalid`, before it makes any, when nothing would be shipped to tables that are made there; `overloaded` on a full disk
 */
export async function createDatabases(topology: Topology, database: string): Promise<void> {
  await withAdmins(topology, { database: 'system' }, async (nodes) => {
    for (const node of nodes) await assertVersion(node);
    for (const node of nodes) {
      await requireRoom(node);
      await node.client.command({
        query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}',
        query_params: { database },
      });
    }
  });
}

async function assertVersion({ name, client }: AdminNode): Promise<void> {
  const [row] = await rowsOf<{ version: string }>(client, 'SELECT version() AS version');
  const findings = checkVersion(row?.version ?? 'nothing').map(describeFinding);
  if (findings.length > 0) throw new AppError('invalid', `Nothing was migrated at ${name}: ${findings.join('; ')}`);
}
