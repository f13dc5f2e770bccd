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

export interface Totals {
  readonly rows: number;
  readonly users: number;
}

/** The whole of the raw table and the whole of the hourly view, which must be the same. */
export async function totals(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<{ raw: Totals; view: Totals }> {
  const [raw] = await rowsOf<Totals>(
    endpoint,
    database,
    'SELECT count() AS rows, uniqExact(user) AS users FROM events',
  );
  const [view] = await rowsOf<Totals>(
    endpoint,
    database,
    'SELECT sum(clicks) + sum(impressions) AS rows, uniqExactMerge(users) AS users FROM hourly',
  );
  const asNumbers = (found: Totals | undefined) => ({
    rows: Number(found?.rows),
    users: Number(found?.users),
  });
  return { raw: asNumbers(raw), view: asNumbers(view) };
}
