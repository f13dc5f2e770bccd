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

/** As how many events the raw table has each user, by identity: copies of a row are one. */
export async function storedUsers(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<Map<string, number>> {
  const query = `SELECT user, uniqExact(${IDENTITY}) AS times FROM events GROUP BY user`;
  const rows = await rowsOf<{ user: string; times: string | number }>(endpoint, database, query);
  return new Map(rows.map(({ user, times }) => [user, Number(times)]));
}

const IDENTITY = 'application, event_id, category, name, timestamp';

export interface Totals {
  readonly events: number;
  readonly users: number;
}

/** The whole of the raw table and the whole of the views, by identity, which must be the same. */
export async function totals(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<{ raw: Totals; view: Totals }> {
  const [raw] = await rowsOf<Totals>(
    endpoint,
    database,
    `SELECT uniqExact(${IDENTITY}) AS events, uniqExactIf(user, notEmpty(user)) AS users FROM events`,
  );
  const [view] = await rowsOf<Totals>(
    endpoint,
    database,
    `SELECT (SELECT sum(events) FROM (
        SELECT uniqExactMerge(ids) AS events FROM minutes GROUP BY minute, application, category, name
      )) AS events, (SELECT uniqExactMerge(users) FROM hours) AS users`,
  );
  const asNumbers = (found: Totals | undefined) => ({
    events: Number(found?.events),
    users: Number(found?.users),
  });
  return { raw: asNumbers(raw), view: asNumbers(view) };
}
