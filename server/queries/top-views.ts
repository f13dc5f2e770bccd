import { queryRows } from '../clickhouse/query.ts';
import { countedHours } from './counted/counted-hours.ts';
import { ALL_HOURS, type Counting } from './counted/grown-hours.ts';
import { IDENTITY, PERSONS, type Measure } from './sql/columns.ts';
import { allOf, columnsAre, isWithin, type Condition } from './sql/conditions.ts';
import { columnFilters } from './sql/event-filters.ts';
import type { TimeRange } from './sql/time-windows.ts';
import { wholeParts, type WholeParts } from './sql/whole-parts.ts';
import type { TopQuestion } from './top-events.ts';
import type { KeyRow } from './top-rows.ts';

/** What the tables of counts know of an event, beside when it happened. */
const KNOWN: ReadonlySet<string> = new Set(['name', 'category', 'application']);

/** Whether a question is answered from the tables of counts, in a time that does not grow with the events. */
export function isOfViews({ by, where, unique, show }: TopQuestion): boolean {
  return typeof by === 'string' && KNOWN.has(by) && where.length === 0 && unique === undefined && show.length === 0;
}

/** The largest keys of a question that `isOfViews`. @throws what `queryRows` throws */
export async function readTopOfViews(counting: Counting, question: TopQuestion): Promise<KeyRow[]> {
  const { by, measure, limit, fromUs = 0, toUs = ALL_HOURS.toS * 1_000_000 } = question;
  if (typeof by !== 'string') throw new Error(`received ${by.text}, expected a column`);
  const parts = wholeParts({ fromUs, toUs });
  const selects =
    measure === 'events' ? await eventsOf(counting, question, parts) : personsOf(question, measure, parts);
  if (selects.length === 0) return [];
  const query = `
    SELECT key AS top_key, ${measure === 'events' ? 'sum(part)' : 'uniqExactMerge(part)'} AS count
    FROM (${selects.map(({ sql }) => `SELECT toString(${by}) AS key, ${sql} GROUP BY key`).join(' UNION ALL ')})
    WHERE key != ''
    GROUP BY key
    HAVING count > 0
    ORDER BY count DESC, key
    LIMIT {limit:UInt32}`;
  const params = Object.assign({ limit }, ...selects.map((select) => select.params)) as Record<string, unknown>;
  return await queryRows<KeyRow>(counting.nodes, query, params, counting.bounds);
}

/** `part FROM …` of each kind of part: how many events there are. */
async function eventsOf(
  counting: Counting,
  { application, category, name }: TopQuestion,
  { hours, minutes, rest }: WholeParts,
): Promise<Condition[]> {
  const selection = { application, category, name };
  const selects: Condition[] = [];
  if (hours !== undefined) {
    const between = { fromS: hours.fromUs / 1e6, toS: Math.min(hours.toUs / 1e6, ALL_HOURS.toS) };
    const { sql, params } = await countedHours(counting, selection, between);
    selects.push({ sql: `sum(events) AS part FROM (${sql})`, params });
  }
  if (minutes.length > 0) {
    const { sql, params } = allOf([...columnsAre(selection), areWithin('minute', minutes)]);
    const sets = `
      SELECT application, category, name, uniqExactMerge(ids) AS events
      FROM minutes WHERE ${sql} GROUP BY minute, application, category, name`;
    selects.push({ sql: `sum(events) AS part FROM (${sets})`, params });
  }
  if (rest.length > 0) selects.push(rawOf(selection, `uniqExact(${IDENTITY})`, rest));
  return selects;
}

/** The same of the sets of persons, which are kept by the hour. */
function personsOf(
  { application, category, name }: TopQuestion,
  measure: Exclude<Measure, 'events'>,
  { hours, minutes, rest }: WholeParts,
): Condition[] {
  const selection = { application, category, name };
  const selects: Condition[] = [];
  if (hours !== undefined) {
    const { sql, params } = allOf([...columnsAre(selection), areWithin('hour', [hours])]);
    selects.push({ sql: `uniqExactMergeState(${measure}) AS part FROM hours WHERE ${sql}`, params });
  }
  const column = PERSONS[measure];
  const ends = [...minutes, ...rest];
  if (ends.length > 0) selects.push(rawOf(selection, `uniqExactStateIf(${column}, notEmpty(${column}))`, ends));
  return selects;
}

function rawOf(selection: Parameters<typeof columnsAre>[0], part: string, ranges: readonly TimeRange[]): Condition {
  const range = {
    fromUs: Math.min(...ranges.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...ranges.map(({ toUs }) => toUs)),
  };
  const { sql, params } = allOf([columnFilters({ ...selection, ...range }), areWithin('timestamp', ranges)]);
  return { sql: `${part} AS part FROM events PREWHERE ${sql}`, params };
}

/** That a time is in any of these ranges. */
function areWithin(column: 'hour' | 'minute' | 'timestamp', ranges: readonly TimeRange[]): Condition {
  const each = ranges.map((range, index) => allOf(isWithin(column, range, `${column}_${index}_`)));
  return {
    sql: `(${each.map(({ sql }) => `(${sql})`).join(' OR ')})`,
    params: Object.assign({}, ...each.map(({ params }) => params)),
  };
}
