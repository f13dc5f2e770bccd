import { queryRows } from '../../clickhouse/query.ts';
import type { Condition } from '../sql/conditions.ts';
import { countedAgain, countedHours } from './counted-hours.ts';
import { PIECE, settledS } from './kept-counts.ts';
import {
  countedEvents,
  countedRows,
  hoursAre,
  KEY_HASH,
  sumOfVersions,
  versionOf,
  type Count,
  type Counting,
  type HourKey,
  type HoursBetween,
  type Selection,
} from './grown-hours.ts';

/** More keys that have grown are not named in a query. */
const MAX_NAMED = 200;

/** Hours that are counted together. */
export interface HourGroups {
  /** SQL over `hour`: seconds since the epoch, the same for all of a group, and not after the first of them. */
  readonly group: string;
  /** SQL: which hours are in any. */
  readonly where: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Each hour is one. */
export const BY_HOUR: HourGroups = { group: 'toUnixTimestamp(hour)', where: '1', params: {} };

/** Of a group of hours. */
export interface CountedGroup extends Count {
  /** The events are those of exactly this version. */
  readonly isSettled: boolean;
}

/**
 * The events of each group that is not empty. What was counted and has as many rows as it had then is added up in one look at
 * `hours`, where `countedHours` takes two; only what has grown is counted again.
 * @throws what `queryRows` throws
 */
export async function countEvents(
  counting: Counting,
  selection: Selection,
  between: HoursBetween,
  groups: HourGroups,
): Promise<ReadonlyMap<number, CountedGroup>> {
  const { settled, grown, grownRows } = await readSettled(counting, selection, between, groups);
  if (grown.length > MAX_NAMED || grownRows > PIECE.rows) {
    return await readCounted(counting, await countedHours(counting, selection, between), groups);
  }
  if (grown.length === 0) return settled;
  const again = await readCounted(counting, countedAgain(selection, grown), groups);
  return new Map([...settled, ...[...again].map(([key, group]) => [key, together(group, settled.get(key))] as const)]);
}

function together(one: CountedGroup, other: CountedGroup | undefined): CountedGroup {
  if (other === undefined) return one;
  return {
    version: sumOfVersions([one.version, other.version]),
    events: one.events + other.events,
    isSettled: one.isSettled,
  };
}

interface SettledGroups {
  /** Of the keys that have not grown. */
  readonly settled: ReadonlyMap<number, CountedGroup>;
  /** What has to be counted again, or more than may be named of it. */
  readonly grown: readonly HourKey[];
  readonly grownRows: number;
}

/** Keys with one hash have more rows together than any was counted at: they are counted again. */
async function readSettled(
  counting: Counting,
  selection: Selection,
  between: HoursBetween,
  { group, where, params: own }: HourGroups,
): Promise<SettledGroups> {
  const { sql, params } = hoursAre(selection, between);
  // In columns: there may be a hundred thousand hours.
  const query = `
    SELECT
      groupArray(grouped) AS groups, groupArray(version) AS versions,
      groupArray(settled_events) AS events, groupArrayArray(${MAX_NAMED + 1})(grown_keys) AS grown,
      sum(rows_of_grown) AS grown_rows
    FROM
    (
      SELECT
        ${group} AS grouped, toString(sumIf(total * cityHash64(hour, hash), is_settled)) AS version,
        sumIf(${countedEvents('counted_at')}, is_settled) AS settled_events, sumIf(total, NOT is_settled AND hour < toDateTime({settled_s:UInt32}, 'UTC')) AS rows_of_grown,
        arrayMap(
          key -> (toUnixTimestamp(key.1), toString(key.2)),
          groupArrayIf(${MAX_NAMED + 1})((hour, hash), NOT is_settled)
        ) AS grown_keys
      FROM
      (
        SELECT
          hour, ${KEY_HASH} AS hash, sum(rows) AS total, max(counted) AS counted_at,
          ${countedRows('counted_at')} = total AS is_settled
        FROM hours
        WHERE ${sql} AND ${where}
        GROUP BY hour, hash
        HAVING total > 0
      )
      GROUP BY grouped
    )`;
  const bound = { ...params, ...own, settled_s: settledS(counting) };
  const [row] = await queryRows<SettledRow>(counting.nodes, query, bound, counting.bounds);
  const { groups = [], versions = [], events = [], grown = [], grown_rows: grownRows = 0 } = row ?? {};
  return {
    settled: new Map(
      groups.map((key, at) => [key, { version: BigInt(versions[at] ?? 0), events: events[at] ?? 0, isSettled: true }]),
    ),
    grown: grown.map(([hourS, hash]) => ({ hourS, hash })),
    grownRows,
  };
}

interface SettledRow {
  readonly groups: readonly number[];
  readonly versions: readonly string[];
  readonly events: readonly number[];
  readonly grown: readonly (readonly [hourS: number, hash: string])[];
  readonly grown_rows: number;
}

/** @param counted rows of `countedHours` */
async function readCounted(
  { nodes, bounds }: Counting,
  counted: Condition,
  { group, where, params }: HourGroups,
): Promise<ReadonlyMap<number, CountedGroup>> {
  const query = `
    SELECT
      ${group} AS grouped, ${versionOf('hour', 'rows')} AS version, sum(events) AS all_events,
      min(is_settled) AS are_settled
    FROM (${counted.sql})
    WHERE ${where}
    GROUP BY grouped`;
  const rows = await queryRows<CountedRow>(nodes, query, { ...counted.params, ...params }, bounds);
  return new Map(
    rows.map(({ grouped, version, all_events, are_settled }) => [
      grouped,
      { version: BigInt(version), events: all_events, isSettled: are_settled === 1 },
    ]),
  );
}

interface CountedRow {
  readonly grouped: number;
  readonly version: string;
  readonly all_events: number;
  readonly are_settled: 0 | 1;
}
