import type { Selects } from '../sql/readings.ts';
import { PERSONS, type Measure } from '../sql/columns.ts';
import type { CountedKey, PlannedSeries } from './series.ts';

/** How the answer to a question is made of rows of `events`. */
export interface Grouping {
  /**
   * A SELECT that groups rows; several may be joined with UNION ALL.
   * @param columns SQL for the key of a row, NULL for none, and for when it happened, in seconds since the epoch
   * @param from `FROM … WHERE …`, which may be followed by an AND
   */
  readonly rows: (columns: { readonly key: string; readonly seconds: string }, from: string) => string;
  /** A SELECT of the largest keys of a question, as `SeriesKeyRow`s. */
  readonly select: (groups: Pick<Selects, 'sql' | 'selects'>) => string;
}

export interface SeriesKeyRow {
  readonly key: string;
  readonly total: number;
  /** An interval is there once or several times, each with a part of its count. */
  readonly starts: readonly number[];
  readonly counts: readonly number[];
}

export function countedKey({ key, total, starts, counts }: SeriesKeyRow): CountedKey {
  const added = new Map<number, number>();
  for (const [index, start] of starts.entries()) {
    added.set(start, (added.get(start) ?? 0) + (counts[index] ?? 0));
  }
  return { key, total, counts: added };
}

const STARTS = '{starts_s:Array(Int64)}';

/** The beginning of the interval that holds a time. @param seconds SQL for seconds since the epoch */
export function intervalOf(seconds: string): string {
  return `roundDown(toInt64(${seconds}), ${STARTS})`;
}

/** The parameters of what `intervalOf` and a `Grouping` make. */
export function seriesParams({ startsS, limit }: PlannedSeries) {
  return { starts_s: startsS, limit };
}

/** Of a number. */
const BITS = 64;

/** The one to take where rows alone are read. */
export function groupingOf(question: PlannedSeries): Grouping {
  const person = PERSONS[question.measure];
  const isOfPersons = person !== undefined && question.by === undefined && question.startsS.length <= BITS;
  return isOfPersons ? byPerson(person) : byInterval(question);
}

/**
 * Groups are of `key`, `start_s` and `part`, by the first two; from tables of counts they come like this, too.
 * @param ofRows SQL for the part of some rows, when it is another one than that of events without copies
 */
export function byInterval({ measure, by, startsS }: PlannedSeries, ofRows?: string): Grouping {
  const { ofRows: ofPersons, joined, value, total } = PARTS[measure];
  const part = ofRows ?? ofPersons(PERSONS[measure] ?? '');
  return {
    rows: ({ key, seconds }, from) => `
      SELECT ${key} AS key, ${intervalOf(seconds)} AS start_s, ${part} AS part
      ${from} AND key IS NOT NULL
      GROUP BY key, start_s`,
    select: ({ sql, selects }) => {
      // Of one interval everything is joined for the total.
      const isTotal = startsS.length === 1;
      // There may be a hundred thousand groups, or sets of millions.
      const groups =
        selects === 1 || joined === undefined || isTotal
          ? sql
          : `SELECT key, start_s, ${joined} AS part FROM (${sql}) GROUP BY key, start_s`;
      const [starts, counts] = isTotal ? [STARTS, '[total]'] : ['groupArray(start_s)', `groupArray(${value})`];
      return `
    SELECT key, ${total} AS total, ${starts} AS starts, ${counts} AS counts
    FROM (${groups})
    GROUP BY key
    HAVING total > 0
    ORDER BY total DESC, key
    ${by === undefined ? '' : 'LIMIT {limit:UInt32}'}`;
    },
  };
}

/** What is counted of one interval: SQL. */
interface Part {
  /** Of rows of `events`. @param person SQL of the column that names the persons, if they are counted */
  readonly ofRows: (person: string) => string;
  /** Joins sets of one interval; undefined for numbers, which are added up wherever they are read. */
  readonly joined: string | undefined;
  /** The number of that, and the number of several of them together. */
  readonly value: string;
  readonly total: string;
}

/** Events without a user, or a session, count for none. */
const SET: Part = {
  ofRows: (person) => `uniqExactStateIf(${person}, notEmpty(${person}))`,
  joined: 'uniqExactMergeState(part)',
  value: 'finalizeAggregation(part)',
  total: 'uniqExactMerge(part)',
};

export const PARTS: Readonly<Record<Measure, Part>> = {
  events: { ofRows: () => 'count()', joined: undefined, value: 'part', total: 'sum(part)' },
  users: SET,
  sessions: SET,
};

/** Which of the intervals holds a time, from 0. @param seconds SQL for seconds since the epoch */
function placeOf(seconds: string): string {
  return `transform(${intervalOf(seconds)}, ${STARTS}, range(length(${STARTS})), 0)`;
}

/**
 * Groups are of `person` and `bits`, one for each interval. Sets of the same persons have to be made for each interval and
 * joined for all of them: users by week took 94 ms with sets and 83 with bits, of three times the rows 176 and 152.
 */
function byPerson(person: string): Grouping {
  return {
    rows: ({ seconds }, from) => `
      SELECT ${person} AS person, groupBitOr(bitShiftLeft(toUInt64(1), ${placeOf(seconds)})) AS bits
      ${from} AND notEmpty(person)
      GROUP BY person`,
    select: ({ sql, selects }) => `
    SELECT '' AS key, sum(firsts) AS total, groupArray(${STARTS}[1 + place]) AS starts, groupArray(persons) AS counts
    FROM
    (
      SELECT place, count() AS persons, countIf(place = first) AS firsts
      FROM
      (
        SELECT CAST(bitPositionsToArray(bits) AS Array(UInt8)) AS places, places[1] AS first
        FROM (${selects === 1 ? sql : `SELECT person, groupBitOr(bits) AS bits FROM (${sql}) GROUP BY person`})
      )
      ARRAY JOIN places AS place
      GROUP BY place
    )
    HAVING total > 0`,
  };
}
