import { queryRows } from '../../clickhouse/query.ts';
import type { Counting } from '../counted/grown-hours.ts';
import type { Condition } from '../sql/conditions.ts';
import { PERSONS, type Measure } from '../measure.ts';
import type { CountedKey, PlannedSeries } from './series.ts';

/** How something is counted: SQL. */
export interface Measured {
  /** Of rows of `events`, by aliases or columns that `person` names. */
  readonly ofRows: string;
  /** Joins sets of one interval; undefined for numbers, which are added up wherever they are read. */
  readonly joined: string | undefined;
  /** The number of that, and the number of several of them together. */
  readonly value: string;
  readonly total: string;
}

/** Parts are in a column `part`. Events without a user, or a session, count for none. */
export function measured(measure: Measure): Measured {
  const person = PERSONS[measure];
  if (person === undefined) return { ofRows: 'count()', joined: undefined, value: 'part', total: 'sum(part)' };
  return {
    ofRows: `uniqExactStateIf(${person}, notEmpty(${person}))`,
    joined: 'uniqExactMergeState(part)',
    value: 'finalizeAggregation(part)',
    total: 'uniqExactMerge(part)',
  };
}

/** The beginning of the interval that holds a time. @param seconds SQL for seconds since the epoch */
export function intervalOf(seconds: string): string {
  return `roundDown(toInt64(${seconds}), {starts_s:Array(Int64)})`;
}

/** The parameters of what `intervalOf` and a `Grouping` make. */
export function seriesParams({ startsS, limit }: PlannedSeries) {
  return { starts_s: startsS, limit };
}

export interface KeyRow {
  readonly key: string;
  readonly total: string | number;
  /** An interval is there once or several times, each with a part of its count. */
  readonly starts: readonly (string | number)[];
  readonly counts: readonly (string | number)[];
}

export function countedKey({ key, total, starts, counts }: KeyRow): CountedKey {
  const added = new Map<number, number>();
  for (const [index, start] of starts.entries()) {
    added.set(Number(start), (added.get(Number(start)) ?? 0) + Number(counts[index]));
  }
  return { key, total: Number(total), counts: added };
}

export async function readKeys(counting: Counting, { sql, params }: Condition): Promise<CountedKey[]> {
  const rows = await queryRows<KeyRow>(counting.nodes, sql, params, counting.bounds);
  return rows.map(countedKey);
}
