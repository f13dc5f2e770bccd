import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';

/** Shows both what there is to ask, and that every event is counted once. */
const FIRST_QUERY = `SELECT hour, unique_users, clicks, impressions
FROM hourly
ORDER BY hour DESC
LIMIT 24`;

/** The address at which ClickHouse's console opens as the analyst, in this database, with a query to start from. */
export function consoleUrl({ urls, analyst }: ClickHouseEndpoint, database: string): string {
  const url = new URL('/play', urls[0]);
  url.searchParams.set('user', analyst.username);
  if (analyst.password !== '') url.searchParams.set('password', analyst.password);
  url.searchParams.set('database', database);
  url.hash = Buffer.from(FIRST_QUERY).toString('base64');
  return url.href;
}
