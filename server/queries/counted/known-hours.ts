import { LRUCache } from 'lru-cache';
import { queryRows } from '../../clickhouse/query.ts';
import { countedHours } from './counted-hours.ts';
import { hoursAre, type Counting, type HoursBetween, type Selection } from './grown-hours.ts';

/** How many events an hour has, and at how many rows they were counted. */
interface Known {
  readonly rows: number;
  readonly events: number;
}

/** What grouping events by identity needs of ClickHouse, and what it remembers. */
export interface KnowingCounting extends Counting {
  readonly known: KnownHours;
}

/** Of all selections together, and for each of them beside its hours. */
const MAX_HOURS = 200_000;
const OF_A_SELECTION = 100;
/** So many hours are named in a query, which travels as an address; of more, all between them are counted. */
const MAX_NAMED = 500;

/**
 * How many events each hour has, remembered by the selection. An hour that has as many rows as when it was counted is not
 * counted again: to look how many it has takes a hundredth of the time where many names are counted.
 */
export class KnownHours {
  readonly #selections = new LRUCache<string, ReadonlyMap<number, Known>>({
    maxSize: MAX_HOURS,
    sizeCalculation: (hours) => hours.size + OF_A_SELECTION,
  });

  /**
   * The events of each hour that has any, by its beginning in seconds since the epoch.
   * @throws what `queryRows` throws
   */
  async read(counting: Counting, selection: Selection, between: HoursBetween): Promise<ReadonlyMap<number, number>> {
    const key = JSON.stringify(selection);
    const rows = await readRows(counting, selection, between);
    const known = this.#selections.get(key) ?? new Map<number, Known>();
    const grownS = [...rows.keys()].filter((hourS) => known.get(hourS)?.rows !== rows.get(hourS));
    const counted = await countEvents(counting, selection, grownS);
    const settled = [...counted].filter(([, { isSettled }]) => isSettled);
    if (settled.length > 0) this.#selections.set(key, new Map([...known, ...settled]));
    return new Map([...rows.keys()].map((hourS) => [hourS, (counted.get(hourS) ?? known.get(hourS))?.events ?? 0]));
  }
}

async function readRows(
  { nodes, bounds }: Counting,
  selection: Selection,
  between: HoursBetween,
): Promise<ReadonlyMap<number, number>> {
  const { sql, params } = hoursAre(selection, between);
  // In two columns: there may be a hundred thousand hours.
  const query = `
    SELECT groupArray(toUnixTimestamp(hour)) AS hours_s, groupArray(toFloat64(all_rows)) AS rows
    FROM (SELECT hour, sum(rows) AS all_rows FROM hours WHERE ${sql} GROUP BY hour HAVING all_rows > 0)`;
  const [row] = await queryRows<RowsOfHours>(nodes, query, params, bounds);
  return new Map((row?.hours_s ?? []).map((hourS, index) => [hourS, row?.rows[index] ?? 0]));
}

interface RowsOfHours {
  readonly hours_s: readonly number[];
  readonly rows: readonly number[];
}

interface Counted extends Known {
  readonly isSettled: boolean;
}

async function countEvents(
  counting: Counting,
  selection: Selection,
  hoursS: readonly number[],
): Promise<ReadonlyMap<number, Counted>> {
  if (hoursS.length === 0) return new Map<number, never>();
  const { sql, params } = await countedHours(counting, selection, {
    fromS: hoursS.reduce((first, hourS) => Math.min(first, hourS)),
    toS: hoursS.reduce((last, hourS) => Math.max(last, hourS)) + 3600,
    onlyS: hoursS.length > MAX_NAMED ? undefined : hoursS,
  });
  const query = `
    SELECT
      toUnixTimestamp(hour) AS hour_s, toFloat64(sum(rows)) AS all_rows, toFloat64(sum(events)) AS all_events,
      min(is_settled) AS are_settled
    FROM (${sql})
    GROUP BY hour`;
  const rows = await queryRows<CountedHour>(counting.nodes, query, params, counting.bounds);
  return new Map(
    rows.map(({ hour_s, all_rows, all_events, are_settled }) => [
      hour_s,
      { rows: all_rows, events: all_events, isSettled: are_settled === 1 },
    ]),
  );
}

interface CountedHour {
  readonly hour_s: number;
  readonly all_rows: number;
  readonly all_events: number;
  readonly are_settled: 0 | 1;
}
