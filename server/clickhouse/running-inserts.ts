import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../common/errors.ts';
import { rowsOf, type ClickHouseClient } from './client.ts';

const POLL_MS = 20;
const END_WITHIN_MS = 120_000;

/**
 * Waits for every INSERT into this database that began before this, on the node that is asked.
 * @throws AppError `unavailable` when one takes too long
 */
export async function endOfInserts(client: ClickHouseClient): Promise<void> {
  const [{ nowMs } = { nowMs: 0 }] = await rowsOf<{ nowMs: string | number }>(
    client,
    'SELECT toString(toUnixTimestamp64Milli(now64(3))) AS nowMs',
  );
  const deadline = performance.now() + END_WITHIN_MS;
  while (performance.now() < deadline) {
    if (!(await isInserting(client, nowMs))) return;
    await sleep(POLL_MS);
  }
  throw new AppError('unavailable', `an INSERT has taken more than ${END_WITHIN_MS / 1000} s`);
}

/** Whether an INSERT into this database is under way on the node that is asked; one that began before `beforeMs`, if that is given. */
export async function isInserting(client: ClickHouseClient, beforeMs?: string | number): Promise<boolean> {
  // What another node sends here names no current database.
  const running = await rowsOf(
    client,
    `SELECT query_id
     FROM system.processes
     WHERE query_kind = 'Insert' AND (current_database = currentDatabase() OR NOT is_initial_query)
         ${beforeMs === undefined ? '' : 'AND toUnixTimestamp64Milli(now64(3)) - 1000 * elapsed < {beforeMs:Int64}'}`,
    { beforeMs },
  );
  return running.length > 0;
}
