import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import { countedHours } from './counted-hours.ts';

/** What is known of one name of a category, over everything that was ever stored. */
export interface EventName {
  readonly category: string;
  readonly name: string;
  readonly events: number;
  /** The timestamps of its first and last event, in whole microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** Whose names; what is undefined does not matter. */
export interface NamesQuestion {
  readonly application?: string | undefined;
  readonly category?: string | undefined;
}

export const MAX_NAMES = 1000;

/**
 * The names of events, the most frequent first, those with as many events in the order of category and name.
 * @throws what `queryRows` throws
 */
export async function readEventNames(
  nodes: Nodes,
  bounds: QueryBounds,
  { application, category }: NamesQuestion,
): Promise<EventName[]> {
  const { sql, params } = countedHours({ application, category });
  const query = `
    SELECT
      category, name, sum(events) AS all_events,
      toUnixTimestamp64Micro(min(first)) AS first_us, toUnixTimestamp64Micro(max(last)) AS last_us
    FROM (${sql})
    GROUP BY category, name
    ORDER BY all_events DESC, category, name
    LIMIT ${MAX_NAMES}`;
  const rows = await queryRows<Row>(nodes, query, params, bounds);
  return rows.map((row) => ({
    category: row.category,
    name: row.name,
    events: Number(row.all_events),
    firstUs: Number(row.first_us),
    lastUs: Number(row.last_us),
  }));
}

interface Row {
  readonly category: string;
  readonly name: string;
  readonly all_events: string | number;
  readonly first_us: string | number;
  readonly last_us: string | number;
}
