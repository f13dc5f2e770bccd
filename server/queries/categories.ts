import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows } from '../clickhouse/query.ts';
import type { QuestionLimits } from '../config.ts';
import { allOf, columnsAre } from './conditions.ts';

/** What is known of one category, over everything that is stored. */
export interface Category {
  readonly category: string;
  readonly events: number;
  /** How many different sessions its events name; exact. */
  readonly sessions: number;
  /** The timestamps of its first and last event, in whole microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
}

const categoriesWhere = (condition: string) => `
  SELECT
    category,
    count() AS events,
    uniqExactIf(session_id, notEmpty(session_id)) AS sessions,
    toUnixTimestamp64Micro(min(timestamp)) AS first_us,
    toUnixTimestamp64Micro(max(timestamp)) AS last_us
  FROM events
  ${condition === '' ? '' : `WHERE ${condition}`}
  GROUP BY category
  ORDER BY category
`;

interface Row {
  readonly category: string;
  readonly events: string | number;
  readonly sessions: string | number;
  readonly first_us: string | number;
  readonly last_us: string | number;
}

/**
 * Every category that has events, in alphabetical order.
 * @throws what `queryRows` throws
 */
export async function readCategories(
  nodes: Nodes,
  limits: QuestionLimits,
  application?: string,
): Promise<Category[]> {
  const { sql, params } = allOf(columnsAre({ application }));
  const bounds = { limits, narrower: 'GET /events with a range (from, to) instead' };
  const rows = await queryRows<Row>(nodes, categoriesWhere(sql), params, bounds);
  return rows.map((row) => ({
    category: row.category,
    events: Number(row.events),
    sessions: Number(row.sessions),
    firstUs: Number(row.first_us),
    lastUs: Number(row.last_us),
  }));
}
