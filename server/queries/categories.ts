import { queryRows } from '../clickhouse/query.ts';
import { allOf, columnsAre } from './sql/conditions.ts';
import { readEventNames, type EventName, type KnownNames } from './event-names.ts';
import type { Counting } from './counted/grown-hours.ts';

/** What is known of one category, over everything that was ever stored. */
export interface Category {
  readonly category: string;
  readonly events: number;
  /** How many different sessions its events name; exact. */
  readonly sessions: number;
  /** The timestamps of its first and last event, in whole microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** What was counted of one application, or of all of them. */
export interface Known {
  readonly names: KnownNames;
  /** The sessions of each category, and at how many rows they were counted. */
  readonly sessions: Map<string, { readonly rows: string; readonly sessions: number }>;
}

/**
 * Every category that has events, in alphabetical order.
 * @param known kept up, so that what has no more rows than before is not counted again
 * @throws what `queryRows` throws
 */
export async function readCategories(
  counting: Counting,
  application: string | undefined,
  known: Known,
): Promise<Category[]> {
  const names = await readEventNames(counting, { application }, known.names);
  const sessions = await readSessions(counting, application, known.sessions);
  const byCategory = new Map<string, EventName[]>();
  for (const name of names) byCategory.set(name.category, [...(byCategory.get(name.category) ?? []), name]);
  return [...byCategory]
    .map(([category, names]) => ({
      category,
      events: names.reduce((sum, { events }) => sum + events, 0),
      sessions: sessions.get(category) ?? 0,
      firstUs: names.reduce((first, { firstUs }) => Math.min(first, firstUs), Infinity),
      lastUs: names.reduce((last, { lastUs }) => Math.max(last, lastUs), 0),
    }))
    .sort((a, b) => Buffer.from(a.category).compare(Buffer.from(b.category)));
}

async function readSessions(
  { nodes, bounds }: Counting,
  application: string | undefined,
  known: Known['sessions'],
): Promise<ReadonlyMap<string, number>> {
  const { sql, params } = allOf(columnsAre({ application }));
  const select = (columns: string, condition: string) => `
    SELECT category, toString(sum(rows)) AS all_rows${columns}
    FROM hours
    WHERE ${sql} AND ${condition}
    GROUP BY category`;
  const rows = await queryRows<RowsRow>(nodes, select('', '1'), params, bounds);
  const grown = rows.filter((row) => known.get(row.category)?.rows !== row.all_rows).map(({ category }) => category);
  if (grown.length > 0) {
    const query = select(', uniqExactMerge(sessions) AS all_sessions', 'category IN {grown:Array(String)}');
    for (const row of await queryRows<SessionsRow>(nodes, query, { ...params, grown }, bounds)) {
      known.set(row.category, { rows: row.all_rows, sessions: Number(row.all_sessions) });
    }
  }
  return new Map(rows.map(({ category }) => [category, known.get(category)?.sessions ?? 0]));
}

interface RowsRow {
  readonly category: string;
  readonly all_rows: string;
}

interface SessionsRow extends RowsRow {
  readonly all_sessions: string | number;
}
