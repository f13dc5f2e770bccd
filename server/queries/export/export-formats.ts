import type { ClickHouseSettings } from '@clickhouse/client';
import { MIB } from '../../common/units.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How ClickHouse writes events. */
export interface WrittenAs {
  /** What is selected of each event. */
  readonly columns: string;
  readonly format: string;
  /** Instead of it, from the second window on. */
  readonly formatLater: string;
  readonly settings: ClickHouseSettings;
  /** What a window of an export should come to: about 60,000 events of 400 bytes, and more where they are compressed. */
  readonly windowBytes: number;
}

/** The columns of an event; when it happened and arrived are `at` and `arrived`. */
const OTHERS = ['application', 'session_id', 'user', 'category', 'name', 'data'].join(', ');

/** A time as the API shows it. */
function text(time: 'at' | 'arrived'): string {
  return `formatDateTime(${time}, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC')`;
}

/** As `eventJson` shows an event. Line ends in `data` are white space between its values; a line must not have them. */
const JSON_LINE = `concat(
  '{"event_id":', toJSONString(event_id),
  ',"received_at":"', ${text('arrived')},
  '","application":', toJSONString(application),
  ',"session_id":', toJSONString(session_id),
  ',"user":', toJSONString(user),
  ',"category":', toJSONString(category),
  ',"name":', toJSONString(name),
  ',"data":', translate(data, '\n\r', '  '),
  ',"timestamp":"', ${text('at')}, '"}')`;

/** Two thirds of the processor time of many threads, which hand rows to each other and back: windows are made side by side. */
const IN_ONE_THREAD: ClickHouseSettings = {
  max_threads: 1,
  output_format_parallel_formatting: 0,
  output_format_parquet_parallel_encoding: 0,
};

export const WRITTEN_AS: Readonly<Record<ExportFormat, WrittenAs>> = {
  ndjson: {
    columns: JSON_LINE,
    format: 'TSVRaw',
    formatLater: 'TSVRaw',
    settings: { output_format_json_escape_forward_slashes: 0, ...IN_ONE_THREAD },
    windowBytes: 24 * MIB,
  },
  csv: {
    columns: `event_id, ${text('arrived')} AS received_at, ${OTHERS}, ${text('at')} AS timestamp`,
    format: 'CSVWithNames',
    formatLater: 'CSV',
    settings: { output_format_csv_crlf_end_of_line: 1, ...IN_ONE_THREAD },
    windowBytes: 24 * MIB,
  },
  parquet: {
    columns: `event_id, arrived AS received_at, ${OTHERS}, at AS timestamp`,
    format: 'Parquet',
    formatLater: 'Parquet',
    // What is left out points to places of the file.
    settings: {
      output_format_parquet_string_as_string: 1,
      output_format_parquet_write_page_index: 0,
      output_format_parquet_write_bloom_filter: 0,
      output_format_parquet_compression_method: 'zstd',
      ...IN_ONE_THREAD,
    },
    windowBytes: 3 * MIB,
  },
};
