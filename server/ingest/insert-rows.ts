import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '../clickhouse/client.ts';
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
  const result = await client.exec({
    query: `INSERT INTO ${shipment.table} FORMAT JSONEachRow`,
    values: shipment.rows(),
    query_id: shipment.token,
    clickhouse_settings: {
      insert_deduplicate: 1,
      insert_deduplication_token: shipment.token,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      // On by default since 26.3; it would answer before the rows are in a part, and ignore the token.
      async_insert: 0,
      // One shipment is one block in one order, so that a retry is cut in the same way.
      input_format_parallel_parsing: 0,
      // Timestamps of one batch may span any number of months; the default refuses more than 100.
      max_partitions_per_insert_block: '0',
      // A row with a column that the table lacks waits for the migration instead of losing the column.
      input_format_skip_unknown_fields: 0,
      // The status of the answer is then the outcome of the whole INSERT.
      wait_end_of_query: 1,
    },
  });
  await text(result.stream);
}
