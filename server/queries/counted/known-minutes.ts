import { LRUCache } from 'lru-cache';
import { queryRows } from '../../clickhouse/query.ts';
import { allOf, type Condition } from '../sql/conditions.ts';
import { areSelected, type Counting, type Selection } from './grown-hours.ts';

/** How many events a minute or an hour has, and at how many rows they were counted. */
export interface CountedRows {
  readonly rows: number;
  readonly events: number;
}

/** Of all questions together. */
const MAX_HOURS = 2_000;

/**
 * How many events each minute has of the hours that grow, remembered by the question: of an hour of twelve million events
 * only the minutes are counted again that have more rows than before.
 */
export class KnownMinutes {
  readonly #hours = new LRUCache<string, ReadonlyMap<number, CountedRows>>({ max: MAX_HOURS });

  /**
   * What `minutes` has of each of these hours, by its beginning in seconds since the epoch.
   * @param question that the selection is remembered by
   * @throws what `queryRows` throws
   */
  async read(
    counting: Counting,
    question: string,
    selection: Selection,
    hoursS: readonly number[],
  ): Promise<ReadonlyMap<number, CountedRows>> {
    const known = new Map(hoursS.flatMap((hourS) => [...(this.#hours.get(keyOf(question, hourS)) ?? [])]));
    const rows = await readRows(counting, selection, hoursS);
    const grownS = [...rows]
      .filter(([minuteS, count]) => known.get(minuteS)?.rows !== count)
      .map(([minuteS]) => minuteS);
    const counted = await countMinutes(counting, selection, grownS);
    return new Map(
      hoursS.map((hourS) => {
        const minutesS = [...rows.keys()].filter((minuteS) => minuteS >= hourS && minuteS < hourS + HOUR_S);
        const minutes = new Map(
          minutesS.map((minuteS) => [minuteS, counted.get(minuteS) ?? known.get(minuteS) ?? NOTHING]),
        );
        this.#hours.set(keyOf(question, hourS), minutes);
        return [hourS, sumOf([...minutes.values()])];
      }),
    );
  }
}

const HOUR_S = 3600;
const NOTHING: CountedRows = { rows: 0, events: 0 };

function keyOf(question: string, hourS: number): string {
  return `${hourS} ${question}`;
}

function sumOf(counted: readonly CountedRows[]): CountedRows {
  return counted.reduce((sum, { rows, events }) => ({ rows: sum.rows + rows, events: sum.events + events }), NOTHING);
}

async function readRows(
  { nodes, bounds }: Counting,
  selection: Selection,
  hoursS: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { sql, params } = minutesAre(selection, hoursS, '60 * arrayJoin(range(60))');
  const query = `
    SELECT groupArray(minute_s) AS minutes_s, groupArray(toFloat64(minute_rows)) AS rows
    FROM (SELECT toUnixTimestamp(minute) AS minute_s, sum(rows) AS minute_rows FROM minutes WHERE ${sql} GROUP BY minute)`;
  const [row] = await queryRows<RowsOfMinutes>(nodes, query, params, bounds);
  return new Map((row?.minutes_s ?? []).map((minuteS, at) => [minuteS, row?.rows[at] ?? 0]));
}

interface RowsOfMinutes {
  readonly minutes_s: readonly number[];
  readonly rows: readonly number[];
}

/** Of two applications, events with the same id and time are two: each has a set of its own. */
async function countMinutes(
  { nodes, bounds }: Counting,
  selection: Selection,
  minutesS: readonly number[],
): Promise<ReadonlyMap<number, CountedRows>> {
  if (minutesS.length === 0) return new Map();
  const { sql, params } = minutesAre(selection, minutesS, '0');
  const query = `
    SELECT toUnixTimestamp(minute) AS minute_s, toFloat64(sum(received)) AS rows, toFloat64(sum(identities)) AS events
    FROM
    (
      SELECT minute, application, category, name, sum(rows) AS received, uniqExactMerge(ids) AS identities
      FROM minutes
      WHERE ${sql}
      GROUP BY minute, application, category, name
    )
    GROUP BY minute`;
  const rows = await queryRows<CountedMinute>(nodes, query, params, bounds);
  return new Map(rows.map(({ minute_s, ...counted }) => [minute_s, counted]));
}

interface CountedMinute extends CountedRows {
  readonly minute_s: number;
}

/** @param offsets SQL: the seconds from each of the beginnings to the minutes that are meant */
function minutesAre(selection: Selection, startsS: readonly number[], offsets: string): Condition {
  return allOf([
    ...areSelected(selection),
    {
      sql: `minute GLOBAL IN (SELECT toDateTime(arrayJoin({starts_s:Array(UInt32)}) + ${offsets}, 'UTC'))`,
      params: { starts_s: startsS },
    },
  ]);
}
