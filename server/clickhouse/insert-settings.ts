import type { ClickHouseSettings } from '@clickhouse/client';
import { GIB } from '../common/units.ts';

/**
 * Of every INSERT, whatever the tables say: ClickHouse remembers one before its part is in place, and would swallow the
 * one that is sent again after a crash. What is there twice counts once anyway. `insert_deduplicate`, which these go
 * before, does nothing in 26.7.
 */
export const EACH_INSERT: ClickHouseSettings = {
  deduplicate_insert: 'disable',
  deduplicate_insert_select: 'disable',
  // On by default since 26.3; it would answer before the rows are in a part.
  async_insert: 0,
};

/** The settings of every INSERT of rows, on which it rests that none is lost. */
export const INSERT_SETTINGS: ClickHouseSettings = {
  ...EACH_INSERT,
  // Of a cluster: the answer waits for every shard, and every row goes to the shard of its key.
  distributed_foreground_insert: 1,
  insert_distributed_one_random_shard: 0,
  // One shipment is one block, and so one part of each partition that it touches.
  input_format_parallel_parsing: 0,
  // Rows that need more than their share end as an error of their own, and not with the whole of ClickHouse.
  max_memory_usage: String(2 * GIB),
  // Timestamps of one shipment may span any number of years; the default refuses more than 100 partitions.
  max_partitions_per_insert_block: '0',
  // A row with a column that the table lacks waits for the migration instead of losing the column.
  input_format_skip_unknown_fields: 0,
  // A profile that skips bad rows would lose them without a word: each is refused, and found.
  input_format_allow_errors_num: '0',
  input_format_allow_errors_ratio: 0,
  // Nor may a view fail while the raw table takes the rows: they would be missing from what is counted.
  materialized_views_ignore_errors: 0,
  // A column that a row leaves out is what the table makes of it, and not empty.
  input_format_defaults_for_omitted_fields: 1,
  // In the typed column a text that looks like a date stays that text; what is answered from it rests on that.
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  // The status of the answer is then the outcome of the whole INSERT.
  wait_end_of_query: 1,
};

/** With these a view that fails does not keep rows out of the raw table: so it is told from rows that are refused. */
export const WITHOUT_VIEWS: ClickHouseSettings = { materialized_views_ignore_errors: 1 };
