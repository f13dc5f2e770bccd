import type { AdminNode } from '../admin-node.ts';
import { rowsOf } from '../client.ts';
import type { Finding } from './finding.ts';

interface Broken {
  readonly table: string;
  readonly parts: number;
  readonly path: string;
}

/** Parts that ClickHouse could not read as it started, and has put aside. It answers without their rows, and says so in its log alone. */
export async function checkParts({ client }: AdminNode): Promise<readonly Finding[]> {
  const broken = await rowsOf<Broken>(
    client,
    `SELECT table, toUInt32(count()) AS parts, min(path) AS path
     FROM system.detached_parts WHERE database = currentDatabase() AND position(reason, 'broken') > 0
     GROUP BY table ORDER BY table`,
  );
  return broken.map(({ table, parts, path }) => ({
    severity: 'warning',
    what: `parts of ${table} that ClickHouse could not read and has put aside`,
    found: `${parts}, the first of which is ${path}`,
    expected: 'none: their rows are in no answer',
    fix: 'see docs/operations.md, "ClickHouse has put parts aside"; when all is back, remove what was put aside',
  }));
}
