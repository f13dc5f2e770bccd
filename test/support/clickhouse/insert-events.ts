import { withClient } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { INSERT_SETTINGS } from '../../../server/clickhouse/insert-settings.ts';
import { testEndpoint } from './clickhouse.ts';

/** A row of the table `events`; times in whole microseconds since the epoch. */
export interface EventRow {
  readonly timestamp: number;
  readonly received_at: number;
  readonly event_id: string;
  readonly application: string;
  readonly session_id: string;
  readonly user: string;
  readonly category: string;
  readonly name: string;
  readonly data: string;
}

/** Puts rows into a table of `database` without the service: as another server's shipper would. */
export async function insertRows(
  database: string,
  table: string,
  values: readonly object[],
  endpoint: ClickHouseEndpoint = testEndpoint(),
): Promise<void> {
  await withClient({ endpoint, role: 'admin', database }, async (client) =>
    client.insert({ table, values, format: 'JSONEachRow', clickhouse_settings: INSERT_SETTINGS }),
  );
}

/** A row with what is given, and something plausible for the rest. */
export function eventRow(given: Partial<EventRow>): EventRow {
  return {
    timestamp: Date.UTC(2024, 4, 17) * 1000,
    received_at: Date.UTC(2024, 4, 17) * 1000,
    event_id: 'e',
    application: '',
    session_id: '',
    user: '',
    category: 'page interaction',
    name: 'pageview',
    data: '{}',
    ...given,
  };
}
