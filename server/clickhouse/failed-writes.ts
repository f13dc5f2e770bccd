import { rowsOf, type ClickHouseClient } from './client.ts';

/** An engine takes longer than this to start: to load its library alone. */
const START_MS = 250;
/** It is asked again when its answer took so long that its age says nothing. */
const MAX_TRIES = 10;

/**
 * Whether what an embedded engine has said is stored is on its disk. In the library that npm brings a write to a file that
 * fails (ENOSPC, EIO, EDQUOT) fails nothing else: an INSERT succeeds, and its part is cut short. The engine only counts it.
 * Started again, it detaches such a part, and takes back those that it was merged from.
 * @param sinceMs when the first of it was sent, by `performance.now()`: an engine that was started since has not counted it
 * @throws what the client throws
 */
export async function hasWritten(admin: ClickHouseClient, sinceMs: number): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const askedMs = performance.now();
    const { upMs, failed } = await readWrites(admin);
    if (failed !== '0') return false;
    if (upMs + START_MS > performance.now() - sinceMs) return true;
    if (upMs + START_MS <= askedMs - sinceMs) return false;
    // Too young, or too slow with its answer, as on a busy machine.
  }
  return false;
}

/** How long the engine has been up, in milliseconds, and how many writes have failed since. */
async function readWrites(admin: ClickHouseClient): Promise<{ readonly upMs: number; readonly failed: string }> {
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
  return { upMs: (row?.up_s ?? 0) * 1000, failed: row?.failed ?? '' };
}
