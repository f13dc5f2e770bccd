import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import type { Span } from './sql/time-windows.ts';

/** Answered from what ClickHouse keeps in memory of each part, without reading a row. */
const SPANS = `
  SELECT
    toUnixTimestamp64Micro(min(timestamp)) AS first_us,
    toUnixTimestamp64Micro(max(timestamp)) AS last_us,
    count() AS rows
  FROM events
  GROUP BY _partition_id
`;

interface Row {
  readonly first_us: string | number;
  readonly last_us: string | number;
  readonly rows: string | number;
}

/** How many events each partition has, and from when to when. @throws what `queryRows` throws */
export async function readEventSpans(nodes: Nodes, bounds: QueryBounds): Promise<Span[]> {
  const rows = await queryRows<Row>(nodes, SPANS, {}, bounds);
  return rows.map((row) => ({
    firstUs: Number(row.first_us),
    lastUs: Number(row.last_us),
    rows: Number(row.rows),
  }));
}
