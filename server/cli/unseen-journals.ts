import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';

/**
 * Says it on standard error when the servers of a ClickHouse server seem to keep their journals elsewhere, as in a volume of
 * their containers: a command finds nothing that waits then, and would be taken to have looked. No error, because it is also
 * so where no server has run yet.
 * @param undone what does not happen to events that wait there
 */
export function warnOfUnseenJournals({ clickhouse, dataDir }: Config, undone: string): void {
  const journal = path.join(dataDir, 'journal');
  if (clickhouse === undefined || existsSync(journal)) return;
  console.error(
    `There is no ${journal}: events that wait in journals of servers elsewhere ${undone}. ` +
      'Set DATA_DIR to that of the servers, or run this where they run (in their container, for one).',
  );
}
