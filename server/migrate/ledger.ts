import { codeOf } from '../clickhouse/errors.ts';
import { rowsOf, type ClickHouseClient } from '../clickhouse/client.ts';

/** One row of the ledger. Statements count from 1; row 0 says that the whole file has been applied. */
export interface LedgerRow {
  readonly name: string;
  readonly statement: number;
  /** Of the file in row 0, of the statement in others. */
  readonly checksum: string;
  /** ISO 8601, by ClickHouse's clock. */
  readonly appliedAt: string;
}

const UNKNOWN_TABLE = '60';
const UNKNOWN_DATABASE = '81';

/**
 * What has been applied to the database of this client. Rows are only ever inserted: ClickHouse has no transactions,
 * and an UPDATE there is a rewrite in the background.
 */
export async function createLedger(client: ClickHouseClient): Promise<void> {
  await client.command({
    query: `
      CREATE TABLE IF NOT EXISTS migrations
      (
          name String,
          statement UInt16,
          checksum String,
          applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
      )
      ENGINE = ReplacingMergeTree
      ORDER BY (name, statement)
      SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
      COMMENT 'Which migrations have been applied, statement by statement; statement 0 is the whole file'`,
  });
}

/** All rows, in order. A database or ledger that does not exist yet has none. */
export async function readLedger(client: ClickHouseClient): Promise<readonly LedgerRow[]> {
  try {
    return await rowsOf<LedgerRow>(
      client,
      `SELECT name, statement, checksum, formatDateTime(applied_at, '%Y-%m-%dT%H:%i:%SZ') AS appliedAt
       FROM migrations FINAL
       ORDER BY name, statement`,
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === UNKNOWN_TABLE || code === UNKNOWN_DATABASE) return [];
    throw error;
  }
}

/** Returns once the row is on ClickHouse's disk. */
export async function writeLedger(client: ClickHouseClient, row: Omit<LedgerRow, 'appliedAt'>): Promise<void> {
  await client.insert({
    table: 'migrations',
    columns: ['name', 'statement', 'checksum'],
    values: [row],
    format: 'JSONEachRow',
    clickhouse_settings: { async_insert: 0 },
  });
}
