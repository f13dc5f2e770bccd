import { connect } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';
import type { LoadRequest } from '../measure/measure.ts';
import type { AnalyticsEvent } from '../traffic/traffic.ts';

/** What a user would do without this service: one HTTP insert an event, straight into ClickHouse. */
export interface DirectTable {
  /** Origin of the ClickHouse server. */
  readonly url: string;
  insert(event: AnalyticsEvent): LoadRequest;
  /** Many rows, already in JSONEachRow, in one insert that is answered once they are on disk. */
  insertRows(rows: string): LoadRequest;
}

const DATABASE = 'bench';

/** How ClickHouse is asked to gather single rows, and to answer once they are written. */
export const DIRECT_SETTINGS = { async_insert: 1, wait_for_async_insert: 1 } as const;

/** And how batches are: the same ones come again and again here, which must not be taken for retries. */
export const DIRECT_BATCH_SETTINGS = { async_insert: 0, deduplicate_insert: 'disable' } as const;

/**
 * Makes an empty table equal to the service's `events`, in a database of its own. It has no hourly view behind it, which
 * is in its favour.
 */
export async function createDirectTable(endpoint: ClickHouseEndpoint, database: string): Promise<DirectTable> {
  const client = connect({ endpoint, role: 'admin' });
  try {
    await client.command({ query: `CREATE DATABASE ${DATABASE}` });
    await client.command({ query: `CREATE TABLE ${DATABASE}.events AS ${database}.events` });
  } finally {
    await client.close();
  }
  const query = `INSERT INTO ${DATABASE}.events FORMAT JSONEachRow`;
  const pathWith = (settings: object) => {
    const pairs = Object.entries(settings).map(([name, value]) => `&${name}=${value}`);
    return `/?query=${encodeURIComponent(query)}${pairs.join('')}`;
  };
  const path = pathWith(DIRECT_SETTINGS);
  const batchPath = pathWith(DIRECT_BATCH_SETTINGS);
  const { username, password } = endpoint.admin;
  const headers = {
    'X-ClickHouse-User': username,
    ...(password === '' ? {} : { 'X-ClickHouse-Key': password }),
  };
  return {
    url: endpoint.urls[0],
    insert: (event) => ({ method: 'POST', path, headers, body: row(event) }),
    insertRows: (rows) => ({ method: 'POST', path: batchPath, headers, body: rows }),
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
