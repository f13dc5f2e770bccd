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
