import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminNode } from '../../clickhouse/admin-node.ts';
import { rowsOf } from '../../clickhouse/client.ts';
import { EACH_INSERT } from '../../clickhouse/insert-settings.ts';
import { isInserting } from '../../clickhouse/running-inserts.ts';
import { localName } from '../../clickhouse/topology.ts';
import type { HoursBetween } from '../counted/grown-hours.ts';

/** So many hours are made even at a time. */
const AT_ONCE = 100_000;

/** How long to look for a moment in which no INSERT is under way, and how long to wait before the next look. */
const LOOK_FOR_MS = 2_000;
const LOOK_AGAIN_MS = 20;

/** An hour of an (application, category, name) of which the two tables have not as many rows. */
interface UnevenHour {
  readonly hour: number;
  readonly application: string;
  readonly category: string;
  readonly name: string;
  /** How many `minutes` has more than `hours`. */
  readonly more: string;
}

/**
 * What is counted of an hour is kept where `minutes` and `hours` have as many rows of it. Where they have not, as after a crash
 * between the two, the one that has fewer gets rows without any set. Done again, it changes nothing.
 *
 * An INSERT reaches one after the other. So what is compared is what both had while none was under way; where INSERTs leave
 * no such moment, all stays as it is: nothing depends on it but time.
 * @param keys SELECT of the (category, name, hour, application) that it is about; by default all
 */
export async function evenRows(node: AdminNode, hours: HoursBetween, keys?: string): Promise<void> {
  for (;;) {
    const uneven = await whileNoneInserts(node, async () => readUneven(node, hours, keys));
    await addRows(node, 'minutes', 'minute', uneven, -1n);
    await addRows(node, 'hours', 'hour', uneven, 1n);
    if (uneven.length < AT_ONCE) return;
  }
}

/** @returns nothing when there is no such moment */
async function whileNoneInserts<T>(node: AdminNode, read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  const deadline = performance.now() + LOOK_FOR_MS;
  while (performance.now() < deadline) {
    const before = await lastBlocks(node);
    // One that begins after this has written to neither table before what is read, or its block is seen after it.
    const isWriting = await isInserting(node.client);
    const found = await read();
    if (found.length === 0 || (!isWriting && (await lastBlocks(node)) === before)) return found;
    await sleep(LOOK_AGAIN_MS);
  }
  return [];
}

/** The last thing that was inserted into each of the two tables. */
async function lastBlocks({ client, layout }: AdminNode): Promise<string | undefined> {
  const [row] = await rowsOf<{ last: string }>(
    client,
    `SELECT toString(groupArray((table, block))) AS last
     FROM
     (
         SELECT table, max(max_block_number) AS block
         FROM system.parts
         WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)}
         GROUP BY table
         ORDER BY table
     )`,
    { tables: [localName('minutes', layout), localName('hours', layout)] },
  );
  return row?.last;
}

async function readUneven(
  { client, layout }: AdminNode,
  { fromS, toS }: HoursBetween,
  keys: string | undefined,
): Promise<UnevenHour[]> {
  const [from, to] = [`toDateTime(${fromS}, 'UTC')`, `toDateTime(${toS}, 'UTC')`];
  const isWanted = (hour: string) =>
    keys === undefined ? '' : `AND (category, name, ${hour}, application) IN (${keys})`;
  return await rowsOf<UnevenHour>(
    client,
    `SELECT toUnixTimestamp(hour) AS hour, application, category, name, toString(sum(rows_more)) AS more
     FROM
     (
         SELECT toStartOfHour(minute, 'UTC') AS hour, application, category, name, toInt64(rows) AS rows_more
         FROM ${localName('minutes', layout)}
         WHERE minute >= ${from} AND minute < ${to} ${isWanted(`toStartOfHour(minute, 'UTC')`)}
         UNION ALL
         SELECT hour, application, category, name, -toInt64(rows) AS rows_more
         FROM ${localName('hours', layout)}
         WHERE hour >= ${from} AND hour < ${to} ${isWanted('hour')}
     )
     GROUP BY hour, application, category, name
     HAVING sum(rows_more) != 0
     LIMIT ${AT_ONCE}`,
    {},
    { max_bytes_before_external_group_by: '500000000', max_execution_time: 3600 },
  );
}

async function addRows(
  { client, layout }: AdminNode,
  table: 'minutes' | 'hours',
  time: 'minute' | 'hour',
  uneven: readonly UnevenHour[],
  sign: 1n | -1n,
): Promise<void> {
  const values = uneven
    .map(({ hour, more, ...key }) => ({ [time]: hour, ...key, missing: sign * BigInt(more) }))
    .filter(({ missing }) => missing > 0n)
    .map(({ missing, ...key }) => ({ ...key, rows: String(missing) }));
  if (values.length === 0) return;
  await client.insert({
    table: localName(table, layout),
    columns: [time, 'application', 'category', 'name', 'rows'],
    values,
    format: 'JSONEachRow',
    clickhouse_settings: EACH_INSERT,
  });
}
