import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';
import { COUNTED_TABLES, type CountedTable } from './counted-tables.ts';

/**
 * The tables that an erasure works with on one node, beside those of the service.
 * - `erasure`: the affected keys, (minute, application, category, name) of every event that is deleted and of which the sets
 *   can be made anew. It is written before an event is deleted and emptied after all sets of its keys were made anew, so that
 *   an erasure that was killed between the two is completed by the next one, whoever is erased then.
 * - `erasure_found`: the keys of every event that is deleted now, and of each hour that counts the user; `erasure_counted`: how
 *   many events are counted in these hours; `erasure_minutes`, `erasure_hours`: sets on their way into `minutes` and `hours`. Of
 *   no use after a crash.
 */
export const KEYS = 'erasure';
export const FOUND = 'erasure_found';
export const COUNTED = 'erasure_counted';

/** Of a table of sets, the staging table. */
export function stagingOf({ name }: CountedTable): string {
  return `erasure_${name}`;
}

/** Makes the table of keys unless an erasure that was killed has left it, with its keys, and removes what else it left. */
export async function createErasure(client: ClickHouseClient): Promise<void> {
  await dropAllStaging(client);
  await client.command({
    query: `
      CREATE TABLE IF NOT EXISTS ${KEYS}
      (
          minute DateTime('UTC'),
          application LowCardinality(String),
          category LowCardinality(String),
          name LowCardinality(String)
      )
      ENGINE = MergeTree
      ORDER BY (category, name, minute, application)
      SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1`,
  });
}

export async function dropErasure(client: ClickHouseClient): Promise<void> {
  await dropAllStaging(client);
  await client.command({ query: `DROP TABLE IF EXISTS ${KEYS} SYNC` });
}

async function dropAllStaging(client: ClickHouseClient): Promise<void> {
  for (const table of [FOUND, COUNTED, ...COUNTED_TABLES.map(stagingOf)]) await dropStaging(client, table);
}

/**
 * Ends mutations of erasures that fail. ClickHouse does them again on parts from before, which it takes back in the place of
 * parts that it cannot read, when the tables that they read from are gone; all later mutations of the table wait for them.
 * @returns whether there were any: events of who was erased then are back
 */
export async function killFailingErasures(client: ClickHouseClient): Promise<boolean> {
  const failing = `database = currentDatabase() AND NOT is_done AND latest_fail_reason != '' AND command LIKE '%${KEYS}%'`;
  const [found] = await rowsOf<{ number: number }>(
    client,
    `SELECT toUInt32(count()) AS number FROM system.mutations WHERE ${failing}`,
  );
  if (found?.number === 0) return false;
  await client.command({ query: `KILL MUTATION WHERE ${failing} SYNC` });
  return true;
}

/** A mutation that reads from it would fail for ever without it. */
export async function dropStaging(client: ClickHouseClient, table: string): Promise<void> {
  await client.command({
    query: `
      KILL MUTATION
      WHERE database = currentDatabase() AND NOT is_done AND command LIKE '%${table}%'
      SYNC`,
  });
  await client.command({ query: `DROP TABLE IF EXISTS ${table} SYNC` });
}
