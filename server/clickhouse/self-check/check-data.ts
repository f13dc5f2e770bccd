import type { AdminNode } from '../admin-node.ts';
import { rowsOf } from '../client.ts';
import { codeOf } from '../errors.ts';
import { messageOf } from '../../common/errors.ts';
import type { Finding } from './finding.ts';

const ACCESS_DENIED = '497';

/**
 * What has happened to the data on one node that ClickHouse says in its log alone. It never speaks against shipping, and never
 * throws: that ClickHouse does not answer is for others to find.
 */
export async function checkData(node: AdminNode): Promise<readonly Finding[]> {
  try {
    return [...(await brokenParts(node)), ...(await failingMutations(node))];
  } catch (error) {
    if (codeOf(error) !== ACCESS_DENIED) return [];
    const fix = 'GRANT SELECT ON system.detached_parts and system.mutations to the user of CLICKHOUSE_USER';
    return [warning('what has happened to the data', messageOf(error), 'to be shown it', fix)];
  }
}

/** Parts that ClickHouse could not read as it started, and has put aside. */
async function brokenParts({ client }: AdminNode): Promise<readonly Finding[]> {
  const broken = await rowsOf<{ table: string; parts: number; path: string }>(
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
}

/** Such as those of an erasure, done again on a part from before it, for which its tables are gone. */
async function failingMutations({ client }: AdminNode): Promise<readonly Finding[]> {
  const failing = await rowsOf<{ table: string; reason: string }>(
    client,
    `SELECT table, substring(any(latest_fail_reason), 1, 200) AS reason
     FROM system.mutations WHERE database = currentDatabase() AND NOT is_done AND NOT is_killed AND latest_fail_reason != ''
     GROUP BY table ORDER BY table`,
  );
  return failing.map(({ table, reason }) =>
    warning(
      `mutations of ${table} that fail`,
      reason,
      'mutations that end',
      'npm run verify -- --repair ends those of erasures; then npm run erase again for who was erased lately',
    ),
  );
}

function warning(what: string, found: string, expected: string, fix: string): Finding {
  return { severity: 'warning', what, found, expected, fix };
}
