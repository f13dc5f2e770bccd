import type { AdminNode } from '../admin-node.ts';
import { rowsOf } from '../client.ts';
import { codeOf } from '../errors.ts';
import { messageOf } from '../../common/errors.ts';
import type { Finding } from './finding.ts';

const ACCESS_DENIED = '497';

interface Broken {
  readonly table: string;
  readonly parts: number;
  readonly path: string;
}

/**
 * Parts that ClickHouse could not read as it started, and has put aside. It says so in its log alone. It never speaks against
 * shipping, and never throws: that ClickHouse does not answer is for others to find.
 */
export async function checkParts({ client }: AdminNode): Promise<readonly Finding[]> {
  try {
    const broken = await rowsOf<Broken>(
      client,
      `SELECT table, toUInt32(count()) AS parts, min(path) AS path
       FROM system.detached_parts WHERE database = currentDatabase() AND position(reason, 'broken') > 0
       GROUP BY table ORDER BY table`,
    );
    return broken.map(({ table, parts, path }) =>
      warning(
        `parts of ${table} that ClickHouse could not read and has put aside`,
        `${parts}, the first of which is ${path}`,
        'none, unless their rows are stored in others, too',
        'npm run verify says whether anything is missing; see "ClickHouse has put parts aside" in docs/operations.md',
      ),
    );
  } catch (error) {
    if (codeOf(error) !== ACCESS_DENIED) return [];
    const fix = 'GRANT SELECT ON system.detached_parts to the user of CLICKHOUSE_USER';
    return [warning('parts that ClickHouse has put aside', messageOf(error), 'to be shown whether there are any', fix)];
  }
}

function warning(what: string, found: string, expected: string, fix: string): Finding {
  return { severity: 'warning', what, found, expected, fix };
}
