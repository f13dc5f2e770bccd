import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import { columnsAre, allOf } from './conditions.ts';
import { countedHours } from './counted-hours.ts';

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

/** The sessions of each category as they were counted, and at how many rows. */
export type KnownSessions = Map<string, { readonly rows: string; readonly sessions: number }>;

/**
 * Every category that has events, in alphabetical order.
 * @param known kept up, so that sessions are counted again only where there are more rows than before
 * @throws what `queryRows` throws
 */
export async function readCategories(
  nodes: Nodes,
  bounds: QueryBounds,
  application: string | undefined,
  known: KnownSessions,
): Promise<Category[]> {
  const { sql, params } = countedHours({ application });
  const query = `
    SELECT
      category, toString(sum(rows)) AS all_rows, sum(events) AS all_events,
      toUnixTimestamp64Micro(min(first)) AS first_us, toUnixTimestamp64Micro(max(last)) AS last_us
    FROM (${sql})
    GROUP BY category
    ORDER BY category`;
  const rows = await queryRows<Row>(nodes, query, params, bounds);
  const changed = rows.filter((row) => known.get(row.category)?.rows !== row.all_rows);
  if (changed.length > 0) await countSessions(nodes, bounds, application, known);
  return rows.map((row) => ({
    category: row.category,
    events: Number(row.all_events),
    sessions: known.get(row.category)?.sessions ?? 0,
    firstUs: Number(row.first_us),
    lastUs: Number(row.last_us),
  }));
}

interface Row {
  readonly category: string;
  readonly all_rows: string;
  readonly all_events: string | number;
  readonly first_us: string | number;
  readonly last_us: string | number;
}

async function countSessions(
  nodes: Nodes,
  bounds: QueryBounds,
  application: string | undefined,
  known: KnownSessions,
): Promise<void> {
  const { sql, params } = allOf([{ sql: '1', params: {} }, ...columnsAre({ application })]);
  const query = `
    SELECT category, toString(sum(rows)) AS all_rows, uniqExactMerge(sessions) AS all_sessions
    FROM hours
    WHERE ${sql}
    GROUP BY category`;
  for (const row of await queryRows<SessionsRow>(nodes, query, params, bounds)) {
    known.set(row.category, { rows: row.all_rows, sessions: Number(row.all_sessions) });
  }
}

interface SessionsRow {
  readonly category: string;
  readonly all_rows: string;
  readonly all_sessions: string | number;
}
