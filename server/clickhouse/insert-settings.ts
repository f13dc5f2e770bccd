import type { ClickHouseSettings } from '@clickhouse/client';

/**
 * The settings of every INSERT of rows, on which it rests that a row is counted once.
 * @param token under which the same rows, and no others, may be sent again
 */
export function insertSettings(token: string): ClickHouseSettings {
  return {
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    deduplicate_blocks_in_dependent_materialized_views: 1,
    // On by default since 26.3; it would answer before the rows are in a part, and ignore the token.
    async_insert: 0,
    // Of a cluster: the answer waits for every shard, and every row goes to the shard of its key.
    distributed_foreground_insert: 1,
    insert_distributed_one_random_shard: 0,
    // One shipment is one block in one order, so that a retry is cut in the same way.
    input_format_parallel_parsing: 0,
    // Timestamps of one batch may span any number of months; the default refuses more than 100.
    max_partitions_per_insert_block: '0',
    // A row with a column that the table lacks waits for the migration instead of losing the column.
    input_format_skip_unknown_fields: 0,
    // The status of the answer is then the outcome of the whole INSERT.
    wait_end_of_query: 1,
  };
}
