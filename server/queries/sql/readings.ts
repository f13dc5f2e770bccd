import type { DataCondition, DataPath } from '../../events/data/data-path.ts';
import { isInPayload, textInData, textInPayload } from './data-paths.ts';
import { columnFilters, type EventFilters } from './event-filters.ts';
import type { Condition } from './conditions.ts';

/** One way to read what is at the paths of events, and the events that it is for. */
export interface Reading {
  /** `FROM events PREWHERE …` with all of the filters. A WHERE may follow. */
  readonly from: string;
  /** The value at a path as text, whatever its type: a string without its quotes, anything else as JSON. NULL for none. */
  readonly textAt: (path: DataPath) => string;
  /** Whether all of these hold: 1 or 0. Their values are parameters: see `parametersOf`. */
  readonly hold: (conditions: readonly DataCondition[]) => string;
}

/** SELECTs with UNION ALL between them. */
export interface Selects extends Condition {
  /** How many. */
  readonly selects: number;
}

/**
 * Makes a SELECT over `events` for each way in which what is at these paths has to be read, and joins them with UNION ALL.
 * Each event is in one of them. Those whose `payload` says all of it are nearly all; the text of the others is read for
 * them alone, because the filter is in PREWHERE.
 *
 * On a cluster each shard groups what `select` groups, and sends groups; so group in it where many events become one row.
 * @param paths all that `select` reads, beside those of `filters.where`
 * @param select one SELECT; its parameters are to be added by the caller. Asked for each reading, so it has the same columns
 */
export function readEvents(
  filters: EventFilters,
  paths: readonly DataPath[],
  select: (reading: Reading) => string,
): Selects {
  const { where = [] } = filters;
  const { sql, params } = columnFilters(filters);
  const read = [...new Map([...paths, ...where.map(({ path }) => path)].map((path) => [path.text, path])).values()];
  const isTyped = ["shape != ''", ...read.map(isInPayload)].join(' AND ');
  const readings =
    read.length === 0
      ? [readingOf(where, sql, textInData)]
      : [
          readingOf(where, `${sql} AND ${isTyped}`, textInPayload),
          readingOf(where, `${sql} AND NOT (${isTyped})`, textInData),
        ];
  return {
    sql: readings.map(select).join('\n      UNION ALL\n'),
    params: { ...params, ...parametersOf(where) },
    selects: readings.length,
  };
}

/** The parameters of `Reading.hold`. */
export function parametersOf(conditions: readonly DataCondition[]): Readonly<Record<string, string>> {
  return Object.fromEntries(conditions.map(({ value }, index) => [parameterOf(index), value]));
}

function readingOf(where: readonly DataCondition[], prewhere: string, textAt: (path: DataPath) => string): Reading {
  const isMet = ({ path }: DataCondition, index: number) =>
    `ifNull(${textAt(path)} = {${parameterOf(index)}:String}, 0)`;
  const hold = (conditions: readonly DataCondition[]) => ['1', ...conditions.map(isMet)].join(' AND ');
  const all = where.length === 0 ? prewhere : `${prewhere} AND ${hold(where)}`;
  return { from: `FROM events PREWHERE ${all}`, textAt, hold };
}

function parameterOf(index: number): string {
  return `where_${index}_value`;
}
