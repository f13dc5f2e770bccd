import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import type { Span } from './sql/time-windows.ts';

/** Answered from what ClickHouse keeps in memory of each part, without reading a row. */
const SPANS = `
  SELECT
    toUnixTimestamp64Micro(min(timestamp)) AS firstUs,
    toUnixTimestamp64Micro(max(timestamp)) AS lastUs,
    count() AS rows
  FROM events
  GROUP BY _partition_id
`;

/** How many events each partition has, and from when to when. @throws what `queryRows` throws */
export async function readEventSpans(nodes: Nodes, bounds: QueryBounds): Promise<Span[]> {
  return await queryRows<Span>(nodes, SPANS, {}, bounds);
}
