import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import { insertSettings } from '../clickhouse/insert-settings.ts';
import type { Shipment } from './shipment.ts';

/**
 * Ships durable bytes of a segment unchanged, in one INSERT, under the shipment's token as deduplication token. The same
 * token is the query id, which the table's column `batch` records, and which keeps a retry from running beside a first
 * try that is still at work.
 *
 * Resolves once ClickHouse has the rows in the raw table and in the views, synced to its disk. Sent again it changes
 * nothing.
 */
export async function insertRows(client: ClickHouseClient, shipment: Shipment): Promise<void> {
  const rows = await shipment.rows();
  try {
    const result = await client.exec({
      query: `INSERT INTO ${shipment.table} FORMAT JSONEachRow`,
      values: rows,
      query_id: shipment.token,
      clickhouse_settings: insertSettings(shipment.token),
    });
    await text(result.stream);
  } finally {
    // Of a request that was never sent, the file would stay open.
    rows.destroy();
  }
}
