import { LRUCache } from 'lru-cache';
import { queryRows } from '../../clickhouse/query.ts';
import { hoursAre, type Counting, type HoursBetween, type Selection } from './grown-hours.ts';
import { KnownMinutes } from './known-minutes.ts';
import { BY_HOUR, countEvents, type CountedGroup, type HourGroups } from './settled-hours.ts';

/** What grouping events by identity needs of ClickHouse, and what it remembers. */
export interface KnowingCounting extends Counting {
  readonly known: KnownHours;
}

/** Of all questions together, and for each of them beside its groups. */
const MAX_GROUPS = 200_000;
const OF_A_QUESTION = 100;
/** So many groups are named in a query, which travels as an address; of more, all are counted. */
const MAX_NAMED = 500;
/** So many hours are counted by their minutes. */
const MAX_GROWING = 24;

/**
 * How many events each hour has, or each group of hours, remembered by the question. What has as many rows as when it was
 * counted is not counted again: to look how many it has takes a hundredth of the time where many names are counted.
 */
export class KnownHours {
  readonly #questions = new LRUCache<string, ReadonlyMap<number, CountedGroup>>({
    maxSize: MAX_GROUPS,
    sizeCalculation: (groups) => groups.size + OF_A_QUESTION,
  });
  readonly #minutes = new KnownMinutes();

  /**
   * The events of each group that has any, by its number; of hours that is their beginning in seconds since the epoch.
   * @throws what `queryRows` throws
   */
  async read(
    counting: Counting,
    selection: Selection,
    between: HoursBetween,
    groups = BY_HOUR,
  ): Promise<ReadonlyMap<number, number>> {
    // An hour is the same in every range; other groups may be cut by it.
    const question = JSON.stringify(groups === BY_HOUR ? [selection] : [selection, between, groups.params]);
    const known = this.#questions.get(question);
    const rows = known === undefined ? undefined : await readRows(counting, selection, between, groups);
    const grown = rows && [...rows].filter(([key, count]) => known?.get(key)?.rows !== count).map(([key]) => key);
    const counted =
      rows === undefined || grown === undefined
        ? await countEvents(counting, selection, between, groups)
        : groups === BY_HOUR && grown.length <= MAX_GROWING
          ? await this.#countMinutes(counting, question, selection, rows, grown)
          : await countGrown(counting, selection, between, groups, grown);
    const settled = [...counted].filter(([, { isSettled }]) => isSettled);
    if (settled.length > 0) this.#questions.set(question, new Map([...(known ?? []), ...settled]));
    const keys = [...(rows ?? counted).keys()];
    return new Map(keys.map((key) => [key, (counted.get(key) ?? known?.get(key))?.events ?? 0]));
  }

  /** @param rows of each hour in `hours`, and those of them that have grown */
  async #countMinutes(
    counting: Counting,
    question: string,
    selection: Selection,
    rows: ReadonlyMap<number, number>,
    grown: readonly number[],
  ): Promise<ReadonlyMap<number, CountedGroup>> {
    if (grown.length === 0) return new Map();
    const counted = await this.#minutes.read(counting, question, selection, grown);
    // An INSERT reaches the two tables one after the other.
    return new Map([...counted].map(([hourS, hour]) => [hourS, { ...hour, isSettled: hour.rows === rows.get(hourS) }]));
  }
}

async function readRows(
  { nodes, bounds }: Counting,
  selection: Selection,
  between: HoursBetween,
  { group, where, params: own }: HourGroups,
): Promise<ReadonlyMap<number, number>> {
  const { sql, params } = hoursAre(selection, between);
  // In two columns: there may be a hundred thousand hours.
  const query = `
    SELECT groupArray(toFloat64(grouped)) AS groups, groupArray(toFloat64(all_rows)) AS rows
    FROM (
      SELECT ${group} AS grouped, sum(rows) AS all_rows
      FROM hours
      WHERE ${sql} AND ${where}
      GROUP BY grouped
      HAVING all_rows > 0
    )`;
  const [row] = await queryRows<RowsOfGroups>(nodes, query, { ...params, ...own }, bounds);
  return new Map((row?.groups ?? []).map((key, at) => [key, row?.rows[at] ?? 0]));
}

interface RowsOfGroups {
  readonly groups: readonly number[];
  readonly rows: readonly number[];
}

/** The same as `countEvents`, of these groups; of others, too, if they are many. */
async function countGrown(
  counting: Counting,
  selection: Selection,
  between: HoursBetween,
  groups: HourGroups,
  grown: readonly number[],
): Promise<ReadonlyMap<number, CountedGroup>> {
  if (grown.length === 0) return new Map();
  if (grown.length > MAX_NAMED) return await countEvents(counting, selection, between, groups);
  const { group, where, params } = groups;
  const since = { ...between, fromS: Math.max(between.fromS, Math.min(...grown)) };
  return await countEvents(counting, selection, since, {
    group,
    where: `${where} AND ${group} IN {grown:Array(Int64)}`,
    params: { ...params, grown },
  });
}
