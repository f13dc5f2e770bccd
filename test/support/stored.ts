import { connect } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';

/** The rows of a query, asked as the administrator. */
export async function rowsOf<Row>(
  endpoint: ClickHouseEndpoint,
  database: string,
  query: string,
): Promise<Row[]> {
  const client = connect({ endpoint, role: 'admin', database });
  try {
    const result = await client.query({ query, format: 'JSONEachRow' });
    return await result.json<Row>();
  } finally {
    await client.close();
  }
}

/** How often the raw table has each user. */
export async function storedUsers(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<Map<string, number>> {
  const query = 'SELECT user, count() AS times FROM events GROUP BY user';
  const rows = await rowsOf<{ user: string; times: string | number }>(endpoint, database, query);
  return new Map(rows.map(({ user, times }) => [user, Number(times)]));
}
