import type { ClickHouseClient } from '../clickhouse/client.ts';
import type { Shipment } from './shipment.ts';

/** How many rows of a shipment the raw table has. Needs the right to read it. */
export async function countStored(client: ClickHouseClient, { table, token }: Shipment): Promise<number> {
  const result = await client.query({
    query: 'SELECT count() FROM {table:Identifier} WHERE batch = {token:String}',
    query_params: { table, token },
    format: 'TabSeparated',
  });
  return Number(await result.text());
}
