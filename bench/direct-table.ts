import { connect } from '../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../server/clickhouse/endpoint.ts';
import type { LoadRequest } from './measure.ts';
import type { AnalyticsEvent } from './traffic.ts';

/** What a user would do without this service: one HTTP insert an event, straight into ClickHouse. */
export interface DirectTable {
  /** Origin of the ClickHouse server. */
  readonly url: string;
  insert(event: AnalyticsEvent): LoadRequest;
}

const DATABASE = 'bench';

/** How ClickHouse is asked to gather single rows, and to answer once they are written. */
export const DIRECT_SETTINGS = { async_insert: 1, wait_for_async_insert: 1 } as const;

/**
 * Makes an empty table equal to the service's `events`, in a database of its own. It has no hourly view behind it, which
 * is in its favour.
 */
export async function createDirectTable(
  endpoint: ClickHouseEndpoint,
  database: string,
): Promise<DirectTable> {
  const client = connect({ endpoint, role: 'admin' });
  try {
    await client.command({ query: `CREATE DATABASE ${DATABASE}` });
    await client.command({ query: `CREATE TABLE ${DATABASE}.events AS ${database}.events` });
  } finally {
    await client.close();
  }
  const query = `INSERT INTO ${DATABASE}.events FORMAT JSONEachRow`;
  const settings = Object.entries(DIRECT_SETTINGS).map(([name, value]) => `&${name}=${value}`);
  const path = `/?query=${encodeURIComponent(query)}${settings.join('')}`;
  const { username, password } = endpoint.admin;
  const headers = {
    'X-ClickHouse-User': username,
    ...(password === '' ? {} : { 'X-ClickHouse-Key': password }),
  };
  return {
    url: endpoint.url,
    insert: (event) => ({ method: 'POST', path, headers, body: row(event) }),
  };
}

/** The same columns as the service fills for `POST /analytics`. Times are microseconds. */
function row({ timestampMs, user, kind }: AnalyticsEvent): string {
  const timestamp = timestampMs * 1000;
  return JSON.stringify({
    timestamp,
    received_at: timestamp,
    user,
    category: 'analytics',
    name: kind,
    data: '{}',
  });
}
