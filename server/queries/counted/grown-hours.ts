import type { Nodes } from '../../clickhouse/nodes.ts';
import { HOUR_S } from '../../common/units.ts';
import { queryRows, type QueryBounds } from '../../clickhouse/query.ts';
import { allOf, columnsAre, isOneOf, type Condition } from '../sql/conditions.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import type { KnownHours } from './known-hours.ts';

/** What events have in common that happened for the same reason. */
export interface KindOfEvent {
  readonly category: string;
  readonly name: string;
}

/** The same for two that are the same. */
export function keyOfKind({ category, name }: KindOfEvent): string {
  return JSON.stringify([category, name]);
}

/** What events are counted by. */
export interface HourKey {
  /** The beginning, in seconds since the epoch. */
  readonly hourS: number;
  /** `KEY_HASH`, in decimal. */
  readonly hash: string;
}

/** Beside the hour: to group by a number takes half the time of grouping by three strings. */
export const KEY_HASH = 'cityHash64(application, category, name)';

/** How many events there are, and in which version of the rows. */
export interface Count {
  readonly version: bigint;
  readonly events: number;
}

/**
 * SQL of the version, over columns of some keys and hours: it changes with every change of how many rows any of them has. The
 * number of all rows would not: an erasure takes the rows of keys without an event left, and adds to those of others. Of a
 * whole it is the sum of those of its parts, as of an hour of those of its minutes: see `sumOfVersions`.
 * @param hour its beginning, and @param rows of a key
 */
export function versionOf(hour: string, rows: string): string {
  return `toString(sum(${rows} * cityHash64(${hour}, ${KEY_HASH})))`;
}

/** As ClickHouse adds UInt64. */
export function sumOfVersions(versions: readonly bigint[]): bigint {
  return versions.reduce((sum, version) => BigInt.asUintN(64, sum + version), 0n);
}

/**
 * The version of each group that is not empty, by its number.
 * @param group SQL over the columns of the table
 * @throws what `queryRows` throws
 */
export async function readVersions(
  { nodes, bounds }: Counting,
  table: 'hours' | 'minutes',
  group: string,
  { sql, params }: Condition,
): Promise<ReadonlyMap<number, bigint>> {
  // In two columns: there may be a hundred thousand hours.
  const query = `
    SELECT groupArray(grouped) AS groups, groupArray(version) AS versions
    FROM (
      SELECT ${group} AS grouped, ${versionOf(table === 'hours' ? 'hour' : HOUR_OF_MINUTE, 'rows')} AS version
      FROM ${table}
      WHERE ${sql}
      GROUP BY grouped
      HAVING sum(rows) > 0
    )`;
  const [row] = await queryRows<{ groups: number[]; versions: string[] }>(nodes, query, params, bounds);
  return new Map((row?.groups ?? []).map((key, at) => [key, BigInt(row?.versions[at] ?? 0)]));
}

/**
 * SELECT of `events`, and `received`, how many rows there are of them, for each (minute, application, category, name). Of two
 * applications, events with the same id and time are two: each has a set of its own.
 */
export function eventsOfMinutes(condition: string): string {
  return `
      SELECT minute, application, category, name, sum(rows) AS received, uniqExactMerge(ids) AS events
      FROM minutes
      WHERE ${condition}
      GROUP BY minute, application, category, name`;
}

/** SQL: the hour that holds a minute. */
export const HOUR_OF_MINUTE = "toStartOfHour(minute, 'UTC')";

/** Whose events are counted; what is undefined does not matter. */
export interface Selection extends Pick<EventFilters, 'application' | 'category' | 'name' | 'names'> {
  /** Any of these, too. */
  readonly kinds?: readonly KindOfEvent[] | undefined;
  /** Any of these, too. */
  readonly keys?: readonly HourKey[] | undefined;
}

/** Times of hours, in seconds since the epoch: from the first, up to and without the last. */
export interface HoursBetween {
  readonly fromS: number;
  readonly toS: number;
}

/** To the end of what a DateTime can hold, on the hour. */
export const ALL_HOURS: HoursBetween = { fromS: 0, toS: Math.floor(0xffff_ffff / HOUR_S) * HOUR_S };

/** What counting needs of ClickHouse, and what it remembers. */
export interface Counting {
  readonly nodes: Nodes;
  /** May insert: what was counted is kept beside the sets. */
  readonly ingestNodes: Nodes;
  readonly known: KnownHours;
  readonly bounds: QueryBounds;
  readonly nowMs: () => number;
  /** The tables stand over several shards, whose rows are not read at one moment. */
  readonly hasShards?: boolean | undefined;
  /** Sets of users or sessions that are of fewer rows than this, on average, are not read: the rows are. */
  readonly rowsOfASet?: number | undefined;
  /** Since when there are raw events; of hours before, sets alone. Seconds since the epoch; Infinity: unknown. */
  readonly wholeSinceS?: (() => number) | undefined;
}

/** SQL of the column `counted`: when, in 32 bits, at how many rows, and how many events; so that the last count is the largest. */
export function countedNow(rows: string, events: string): string {
  const rowsAt = `bitOr(bitShiftLeft(toUInt128(toUnixTimestamp(now())), ${COUNT_BITS}), toUInt128(${rows}))`;
  return `bitOr(bitShiftLeft(${rowsAt}, ${COUNT_BITS}), toUInt128(${events}))`;
}

/** SQL: how many rows a key had when it was counted, out of that column. */
export function countedRows(counted: string): string {
  return countedEvents(`bitShiftRight(${counted}, ${COUNT_BITS})`);
}

/** SQL: how many events were counted then, out of the column `counted`. */
export function countedEvents(counted: string): string {
  return `toUInt64(bitAnd(${counted}, toUInt128(${2 ** COUNT_BITS - 1})))`;
}

const COUNT_BITS = 48;

/** SELECT of the keys (hour, application, category, name) that have other rows than when they were counted last. */
export function grownHours(condition: string): string {
  return `
    SELECT category, name, hour, application, sum(rows) AS total
    FROM hours
    WHERE ${condition}
    GROUP BY category, name, hour, application
    HAVING ${countedRows('max(counted)')} != total`;
}

/** How many keys have grown, how many rows they have, and which hours they are in. */
export interface GrownHours extends HoursBetween {
  readonly keys: number;
  readonly rows: number;
}

/** How much of what has grown is counted by one query: bounds the memory of the sets, and the time. */
export interface PieceLimits {
  readonly keys: number;
  readonly rows: number;
}

/**
 * Those that have grown since they were counted, from the first hour on, and no more than a piece, or one hour.
 * @throws what `queryRows` throws
 */
export async function readGrown(
  { nodes, bounds }: Counting,
  selection: Selection,
  hours: HoursBetween,
  piece?: PieceLimits,
): Promise<GrownHours> {
  const { sql, params } = hoursAre(selection, hours);
  const grown = grownHours(sql);
  const before = 'sum(total) OVER (ORDER BY hour ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)';
  const query = `
    SELECT
      count() AS keys, sum(total) AS rows, toUnixTimestamp(min(hour)) AS fromS, toUnixTimestamp(max(hour)) + ${HOUR_S} AS toS
    FROM (${
      piece === undefined
        ? grown
        : `SELECT * FROM (SELECT hour, total, ${before} AS rows_before FROM (${grown} ORDER BY hour LIMIT ${piece.keys}))
           WHERE rows_before < ${piece.rows}`
    })`;
  const [found] = await queryRows<GrownHours>(nodes, query, params, bounds);
  return found ?? { keys: 0, rows: 0, fromS: 0, toS: 0 };
}

/**
 * SELECT of the events of grown keys, with the rows that `minutes` has of them. The parameters `grown_from_s` and `grown_to_s`
 * must enclose all of these hours.
 */
export function eventsOfGrown(condition: string): string {
  const areGrown = `
        minute >= toDateTime({grown_from_s:UInt32}, 'UTC') AND minute < toDateTime({grown_to_s:UInt32}, 'UTC')
        AND (category, name, ${HOUR_OF_MINUTE}, application) GLOBAL IN (
          SELECT category, name, hour, application FROM (${grownHours(condition)})
        )`;
  return `
    SELECT ${HOUR_OF_MINUTE} AS hour, application, category, name, sum(received) AS received, sum(events) AS events
    FROM (${eventsOfMinutes(areGrown)})
    GROUP BY hour, application, category, name`;
}

/** Conditions that rows belong to a selection by its columns; its `kinds` and `keys` are left out. */
export function areSelected({ application, category, name, names }: Selection): Condition[] {
  return [...columnsAre({ application, category, name }), ...isOneOf('name', names)];
}

/** The condition that rows of `hours` belong to a selection, within a range of hours. */
export function hoursAre(selection: Selection, { fromS, toS }: HoursBetween): Condition {
  const { kinds, keys } = selection;
  return allOf([
    ...areSelected(selection),
    ...(kinds === undefined ? [] : [isAnyOf(kinds)]),
    ...(keys === undefined ? [] : [isAnyKeyOf(keys)]),
    {
      sql: `hour >= toDateTime({from_s:UInt32}, 'UTC') AND hour < toDateTime({to_s:UInt32}, 'UTC')`,
      params: { from_s: fromS, to_s: toS },
    },
  ]);
}

function isAnyOf(kinds: readonly KindOfEvent[]): Condition {
  const pairs = 'SELECT arrayJoin(arrayZip({kind_categories:Array(String)}, {kind_names:Array(String)})) AS kind';
  return {
    sql: `(category, name) GLOBAL IN (SELECT kind.1, kind.2 FROM (${pairs}))`,
    params: {
      kind_categories: kinds.map(({ category }) => category),
      kind_names: kinds.map(({ name }) => name),
    },
  };
}

function isAnyKeyOf(keys: readonly HourKey[]): Condition {
  const named = 'SELECT arrayJoin(arrayZip({key_hours:Array(UInt32)}, {key_hashes:Array(UInt64)})) AS key';
  return {
    sql: `(hour, ${KEY_HASH}) GLOBAL IN (SELECT toDateTime(key.1, 'UTC'), key.2 FROM (${named}))`,
    params: { key_hours: keys.map(({ hourS }) => hourS), key_hashes: keys.map(({ hash }) => BigInt(hash)) },
  };
}
