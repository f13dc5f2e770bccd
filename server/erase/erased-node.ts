import { setTimeout as sleep } from 'node:timers/promises';
import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';
import { localName, type Layout } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';

/** One node, with its own part of every table, asked as the admin. */
export interface ErasedNode {
  readonly client: ClickHouseClient;
  readonly database: string;
  readonly layout: Layout;
  readonly isEmbedded: boolean;
}

/** A table of this node, for statements that run later and elsewhere, where nothing says which database was meant. */
export function tableOf({ database, layout }: ErasedNode, table: string): string {
  return `${database}.${localName(table, layout)}`;
}

const POLL_MS = 20;
const INSERTS_END_WITHIN_MS = 120_000;

/**
 * Waits for every INSERT that began before this. One that has reached the raw events and not yet the sets would add to
 * them later what is not there any more.
 * @throws AppError `unavailable` when one takes too long
 */
export async function endOfInserts({ client }: ErasedNode): Promise<void> {
  const [{ nowMs } = { nowMs: 0 }] = await rowsOf<{ nowMs: string | number }>(
    client,
    'SELECT toString(toUnixTimestamp64Milli(now64(3))) AS nowMs',
  );
  const deadline = performance.now() + INSERTS_END_WITHIN_MS;
  while (performance.now() < deadline) {
    // What another node sends here names no current database.
    const running = await rowsOf(
      client,
      `SELECT query_id
       FROM system.processes
       WHERE query_kind = 'Insert' AND (current_database = currentDatabase() OR NOT is_initial_query)
           AND toUnixTimestamp64Milli(now64(3)) - 1000 * elapsed < {nowMs:Int64}`,
      { nowMs },
    );
    if (running.length === 0) return;
    await sleep(POLL_MS);
  }
  throw new AppError('unavailable', `an INSERT has taken more than ${INSERTS_END_WITHIN_MS / 1000} s`);
}

/** Waits until ClickHouse has carried out the mutations whose text has this. Throws AppError `unavailable` when it cannot. */
export async function endOfMutations({ client }: ErasedNode, text: string): Promise<void> {
  for (;;) {
    const open = await rowsOf<{ reason: string }>(
      client,
      `SELECT latest_fail_reason AS reason
       FROM system.mutations
       WHERE database = currentDatabase() AND NOT is_done AND position(command, {text:String}) > 0`,
      { text },
    );
    const failed = open.find(({ reason }) => reason !== '');
    if (failed !== undefined)
      throw new AppError('unavailable', `ClickHouse cannot change the sets now: ${failed.reason}`);
    if (open.length === 0) return;
    await sleep(POLL_MS);
  }
}
