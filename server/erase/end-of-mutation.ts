import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminNode } from '../clickhouse/admin-node.ts';
import { rowsOf } from '../clickhouse/client.ts';
import { AppError } from '../common/errors.ts';

const POLL_MS = 20;

/**
 * Waits until ClickHouse has carried out a mutation. One that was killed leaves nothing behind.
 * @param text that is in no other's
 * @throws AppError `unavailable` when it fails, or is killed
 */
export async function endOfMutation({ client }: AdminNode, text: string): Promise<void> {
  for (;;) {
    const commands = await rowsOf<{ isDone: 0 | 1; reason: string }>(
      client,
      `SELECT is_done AS isDone, latest_fail_reason AS reason
       FROM system.mutations
       WHERE database = currentDatabase() AND position(command, {text:String}) > 0 AND NOT is_killed`,
      { text },
    );
    const failed = commands.find(({ reason }) => reason !== '');
    if (failed !== undefined || commands.length === 0)
      throw new AppError(
        'unavailable',
        `ClickHouse cannot change the sets now: ${failed?.reason ?? 'it was told not to'}`,
      );
    if (commands.every(({ isDone }) => isDone === 1)) return;
    await sleep(POLL_MS);
  }
}
