import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';

/** A table whose rows are in a backup. */
export interface CopiedTable {
  readonly name: string;
  /** The column with the time of a row. */
  readonly time: string;
  /** SQL: about how many events there are in some rows. */
  readonly weight: string;
  /** Columns that are not copied, because they only remember what can be counted again. */
  readonly without: readonly string[];
  /** Whether rows of it may be written through the plain name of the table also on a cluster. */
  readonly isSharded: boolean;
}

/**
 * All tables that hold what cannot be made again, in the order in which they are copied. What is counted comes before the
 * raw events: an INSERT reaches the raw table first, so whatever a set has is in the raw events that are read after it. What
 * is only in these the views count when they are put back. (The sets are copied at all because with RETENTION_DAYS they
 * outlive the raw events.)
 */
export const COPIED_TABLES: readonly CopiedTable[] = [
  { name: 'minutes', time: 'minute', weight: 'sum(rows)', without: [], isSharded: false },
  { name: 'hours', time: 'hour', weight: 'sum(rows)', without: ['counted'], isSharded: false },
  { name: 'events', time: 'timestamp', weight: 'count()', without: [], isSharded: true },
  { name: 'rejected_events', time: 'received_at', weight: 'count()', without: [], isSharded: true },
];

/** The columns of a table that are stored as they were written. */
export async function columnsOf(client: ClickHouseClient, { name, without }: CopiedTable): Promise<readonly string[]> {
  const columns = await rowsOf<{ name: string }>(
    client,
    `SELECT name
     FROM system.columns
     WHERE database = currentDatabase() AND table = {table:String} AND default_kind IN ('', 'DEFAULT')
     ORDER BY position`,
    { table: name },
  );
  return columns.map((column) => column.name).filter((column) => !without.includes(column));
}

/** So many events are copied at once, and the rest of their hour: what ClickHouse holds back until it knows that the answer is whole. */
const SLICE_EVENTS = 500_000;

/** Conditions, each for a part of a table, that leave out no row there is or may come. */
export async function slicesOf(client: ClickHouseClient, { name, time, weight }: CopiedTable): Promise<string[]> {
  const hours = await rowsOf<{ hourS: number; events: string }>(
    client,
    `SELECT toUnixTimestamp(toStartOfHour(${time}, 'UTC')) AS hourS, toString(${weight}) AS events
     FROM ${name}
     GROUP BY hourS
     ORDER BY hourS`,
  );
  const bounds: number[] = [];
  let events = 0;
  for (const hour of hours) {
    if (events >= SLICE_EVENTS) {
      bounds.push(hour.hourS);
      events = 0;
    }
    events += Number(hour.events);
  }
  return [undefined, ...bounds].map((fromS, at) => {
    const toS = bounds[at];
    const from = fromS === undefined ? [] : [`${time} >= toDateTime(${fromS}, 'UTC')`];
    const to = toS === undefined ? [] : [`${time} < toDateTime(${toS}, 'UTC')`];
    return [...from, ...to].join(' AND ') || 'true';
  });
}
