import { queryRows } from '../clickhouse/query.ts';
import { allOf, isWithin, type Condition } from './sql/conditions.ts';
import { countedHours } from './counted/counted-hours.ts';
import { readEventNames, type KnownNames } from './event-names.ts';
import { ALL_HOURS, areSelected, type Counting, type HoursBetween, type Selection } from './counted/grown-hours.ts';

/**
 * Whether the raw table has copies of events, hour by hour: it has when it has more rows than there are identities. Rows
 * are counted in the raw table itself: after a crash between it and the tables of counts, it has rows that those never got.
 */

const HOUR_US = 3_600_000_000;
/** So many hours are named in a query; more, and all of them are taken for hours with copies. */
const MAX_NAMED = 2000;

/** In whole microseconds since the epoch. */
interface HoursAround {
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

/** The whole hours that hold a range; all of them where it has no end. */
export function hoursAround({ fromUs = 0, toUs }: HoursAround): HoursBetween {
  const toS = toUs === undefined ? ALL_HOURS.toS : Math.min(ALL_HOURS.toS, Math.ceil(toUs / HOUR_US) * 3600);
  return { fromS: Math.min(Math.floor(fromUs / HOUR_US) * 3600, toS), toS };
}

/**
 * How many events there are, of those that the tables of counts have.
 * @param known see `readEventNames`
 */
export async function countIdentities(
  counting: Counting,
  selection: Selection,
  hours: HoursBetween,
  known: KnownNames,
): Promise<number> {
  if (selection.names === undefined && hours.fromS === ALL_HOURS.fromS && hours.toS === ALL_HOURS.toS) {
    const names = await readEventNames(counting, selection, known);
    const own = names.filter(({ name }) => selection.name === undefined || name === selection.name);
    return own.reduce((sum, { events }) => sum + events, 0);
  }
  return await countWithin(counting, selection, hours);
}

/** The same from the tables alone. */
export async function countWithin(counting: Counting, selection: Selection, hours: HoursBetween): Promise<number> {
  const { sql, params } = await countedHours(counting, selectionOf(selection), hours);
  const [row] = await queryRows<CountRow>(
    counting.nodes,
    `SELECT sum(events) AS count FROM (${sql})`,
    params,
    counting.bounds,
  );
  return Number(row?.count ?? 0);
}

interface CountRow {
  readonly count: string | number;
}

/** A SELECT of the number of rows of the raw table, without those of some hours. */
export function countRows(selection: Selection, hours: HoursBetween, withoutS: readonly number[] = []): Condition {
  const { sql, params } = rowsAre(selection, hours);
  if (withoutS.length === 0) return { sql: `SELECT count() FROM events WHERE ${sql}`, params };
  const left = isOfHours(withoutS);
  return {
    sql: `SELECT count() FROM events WHERE ${sql} AND NOT (${left.sql})`,
    params: { ...params, ...left.params },
  };
}

/** What is known of the copies in a range. */
export interface Copies {
  /** The hours in which the raw table has not as many rows as there are identities, in seconds since the epoch. */
  readonly hoursS: readonly number[];
  /** How many events the other hours have. */
  readonly others: number;
}

export async function readCopies(counting: Counting, selection: Selection, hours: HoursBetween): Promise<Copies> {
  const counted = await countedHours(counting, selectionOf(selection), hours);
  const raw = rowsAre(selection, hours);
  const query = `
    SELECT groupArrayIf(hour_s, is_copied) AS hours_s, sumIf(identities, NOT is_copied) AS others
    FROM
    (
      SELECT
        toUnixTimestamp(hour) AS hour_s, sum(events) AS identities,
        sum(rows) > 0 AND sum(rows) != sum(events) AS is_copied
      FROM
      (
        SELECT hour, events, 0 AS rows FROM (${counted.sql})
        UNION ALL
        SELECT toStartOfHour(timestamp, 'UTC') AS hour, 0, count() FROM events WHERE ${raw.sql} GROUP BY hour
      )
      GROUP BY hour
    )`;
  const params = { ...counted.params, ...raw.params };
  const [row] = await queryRows<CopiesRow>(counting.nodes, query, params, counting.bounds);
  return { hoursS: row?.hours_s ?? [], others: Number(row?.others ?? 0) };
}

interface CopiesRow {
  readonly hours_s: readonly number[];
  readonly others: string | number;
}

/** That an event is of one of these hours. */
export function isOfHours(hoursS: readonly number[]): Condition {
  if (hoursS.length > MAX_NAMED) return { sql: '1', params: {} };
  return {
    sql: `toStartOfHour(timestamp, 'UTC') IN (SELECT toDateTime(arrayJoin({copied_hours:Array(UInt32)}), 'UTC'))`,
    params: { copied_hours: hoursS },
  };
}

function rowsAre(selection: Selection, { fromS, toS }: HoursBetween): Condition {
  const range = { fromUs: fromS * 1_000_000, toUs: toS * 1_000_000 };
  return allOf([...areSelected(selection), isWithin('timestamp', range, 'rows_')]);
}

function selectionOf({ application, category, name, names }: Selection) {
  return { application, category, name, names };
}
