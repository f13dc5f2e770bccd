import { AppError } from '../common/errors.ts';
import type { AdminNode } from './admin-node.ts';
import { rowsOf } from './client.ts';

const MIB = 1024 ** 2;

/**
 * Refuses to change a table where an INSERT is refused. On a full disk the library that npm brings writes an empty file in the
 * place of a table's definition, says nothing, and does not start again; a server says that it cannot. To be called before
 * each statement that writes a definition, or the first of several within moments.
 * @throws AppError `overloaded` when the embedded engine has no more than what it keeps free; what ClickHouse answers
 */
export async function requireRoom({ client, endpoint }: Pick<AdminNode, 'client' | 'endpoint'>): Promise<void> {
  if (!endpoint.isEmbedded) return;
  const [full] = await rowsOf<{ path: string; keptFree: string }>(
    client,
    `SELECT path, toString(keep_free_space) AS keptFree
     FROM system.disks
     WHERE name = 'default' AND free_space = 0`,
  );
  if (full === undefined) return;
  const keptFree = `${Math.round(Number(full.keptFree) / MIB).toLocaleString('en')} MiB`;
  throw new AppError(
    'overloaded',
    `No table can be changed: the disk of ${full.path} has no more free than the ${keptFree} that ClickHouse keeps so. ` +
      'Free some room on it, and try again.',
  );
}
