import type { ClickHouseClient } from './client.ts';
import type { Layout } from './topology.ts';

/** A node to look at. */
export interface CheckedNode {
  /** Of the admin, who may read the system tables. */
  readonly admin: ClickHouseClient;
  readonly layout: Layout;
  readonly nowMs: () => number;
}

/** The rows of a question of the self-check. Throws what ClickHouse or the network answers. */
export async function rowsOf<Row>(
  client: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Row[]> {
  const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
  return await result.json<Row>();
}
