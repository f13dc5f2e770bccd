import { connect } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { askAgain } from './clickhouse.ts';

/** The rows of a query, asked as the administrator. */
export async function rowsOf<Row>(endpoint: ClickHouseEndpoint, database: string, query: string): Promise<Row[]> {
  const client = connect({ endpoint, role: 'admin', database });
  try {
    return await askAgain(endpoint, async () => {
      const result = await client.query({ query, format: 'JSONEachRow' });
      return await result.json<Row>();
    });
  } finally {
    await client.close();
  }
}

/** How many events of each user the raw table has, each identity once. */
export async function storedUsers(endpoint: ClickHouseEndpoint, database: string): Promise<Map<string, number>> {
  const query = 'SELECT user, count() AS times FROM deduplicated_events GROUP BY user';
  const rows = await rowsOf<{ user: string; times: string | number }>(endpoint, database, query);
  return new Map(rows.map(({ user, times }) => [user, Number(times)]));
}

export interface Totals {
  readonly rows: number;
  readonly users: number;
}

/** The events of the raw table and those of the sets that are counted, each identity once; they must be the same. */
export async function totals(endpoint: ClickHouseEndpoint, database: string): Promise<{ raw: Totals; view: Totals }> {
  const numbers = async (query: string) => {
    const [found] = await rowsOf<{ number: string }>(endpoint, database, query);
    return Number(found?.number);
  };
  const [rawRows, rawUsers, viewRows, viewUsers] = await Promise.all([
    numbers('SELECT uniqExact(category, name, timestamp, application, event_id) AS number FROM events'),
    numbers('SELECT uniqExactIf(user, notEmpty(user)) AS number FROM events'),
    numbers(`SELECT sum(ids) AS number FROM (
      SELECT uniqExactMerge(ids) AS ids FROM minutes GROUP BY minute, application, category, name)`),
    numbers('SELECT uniqExactMerge(users) AS number FROM hours'),
  ]);
  return { raw: { rows: rawRows, users: rawUsers }, view: { rows: viewRows, users: viewUsers } };
}
