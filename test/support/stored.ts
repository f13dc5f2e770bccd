import { connect } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';

/** Copies of an event are one. */
const EVENTS = 'uniqExact(application, event_id, category, name, timestamp)';

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

/** How many events the raw table has of each user. */
export async function storedUsers(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<Map<string, number>> {
  const query = `SELECT user, ${EVENTS} AS times FROM events GROUP BY user`;
  const rows = await rowsOf<{ user: string; times: string | number }>(endpoint, database, query);
  return new Map(rows.map(({ user, times }) => [user, Number(times)]));
}

export interface Totals {
  readonly events: number;
  readonly users: number;
}

/** Everything in the raw table and everything that is counted, which must be the same. */
export async function totals(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<{ raw: Totals; view: Totals }> {
  const [raw] = await rowsOf<Totals>(
    endpoint,
    database,
    `SELECT ${EVENTS} AS events, uniqExactIf(user, user != '') AS users FROM events`,
  );
  const [view] = await rowsOf<Totals>(
    endpoint,
    database,
    'SELECT (SELECT sum(n) FROM (SELECT uniqExactMerge(ids) AS n FROM minutes GROUP BY minute, application, category, name)) AS events, uniqExactMerge(users) AS users FROM hours',
  );
  const asNumbers = (found: Totals | undefined) => ({
    events: Number(found?.events),
    users: Number(found?.users),
  });
  return { raw: asNumbers(raw), view: asNumbers(view) };
}
