import { rowsOf, type ClickHouseClient } from './client.ts';

/** An engine takes longer than this to start: to load its library alone. */
const START_MS = 250;

/**
 * Whether what an embedded engine has said is stored is on its disk. In the library that npm brings a write to a file that
 * fails (ENOSPC, EIO, EDQUOT) fails nothing else: an INSERT succeeds, and its part is cut short. The engine only counts it.
 * Started again, it detaches such a part, and takes back those that it was merged from.
 * @param sinceMs when the first of it was sent, by `performance.now()`: an engine that was started since has not counted it
 * @throws what the client throws
 */
export async function hasWritten(admin: ClickHouseClient, sinceMs: number): Promise<boolean> {
  const [row] = await rowsOf<{ up_s: number; failed: string }>(
    admin,
    `SELECT
       -- Its first session is as old as the engine listens.
       (SELECT max(elapsed) FROM system.processes) AS up_s,
       toString(sum(value)) AS failed
     FROM system.events
     WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'
     SETTINGS log_queries = 0`,
  );
  return row?.failed === '0' && row.up_s * 1000 + START_MS > performance.now() - sinceMs;
}
