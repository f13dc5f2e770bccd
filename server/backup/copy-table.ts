import { createReadStream } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip, createGzip } from 'node:zlib';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import { INSERT_SETTINGS } from '../clickhouse/insert-settings.ts';
import { MIB } from '../common/units.ts';
import { columnsOf, slicesOf, type CopiedTable } from './copied-tables.ts';
import { writeStream } from './copy-file.ts';
import type { BackupFile, BackupTable } from './manifest.ts';

/**
 * Reads a whole table into files below `directory`.
 * @throws what ClickHouse or the disk answers, or the reason of the signal; files that were begun are left
 */
export async function copyTable(
  client: ClickHouseClient,
  table: CopiedTable,
  directory: string,
  signal: AbortSignal,
): Promise<BackupTable> {
  const columns = await columnsOf(client, table);
  const files: BackupFile[] = [];
  let rows = 0;
  for (const [at, condition] of (await slicesOf(client, table)).entries()) {
    signal.throwIfAborted();
    const { stream, response_headers: headers } = await client.exec({
      query: `SELECT ${columns.join(', ')} FROM ${table.name} WHERE ${condition} FORMAT Native`,
      clickhouse_settings: {
        // An error in the middle is then an error, and not a file that ends early.
        wait_end_of_query: 1,
        max_execution_time: 0,
      },
      abort_signal: signal,
    });
    const name = `${table.name}/${String(at + 1).padStart(6, '0')}.native.gz`;
    files.push(await writeStream(directory, name, stream, [createGzip({ level: 1 })]));
    rows += resultRows(headers['x-clickhouse-summary']);
  }
  return { table: table.name, columns, rows, files };
}

/**
 * Adds the rows of a backup to a table; views see them like all others.
 * @param target the table's name, or on a cluster that of its part on a node
 * @throws what ClickHouse or the disk answers; some of the rows may be there by then
 */
export async function putBackTable(
  client: ClickHouseClient,
  { columns, files }: BackupTable,
  target: string,
  directory: string,
): Promise<void> {
  for (const file of files) {
    const source = createReadStream(path.join(directory, file.path));
    const rows = createGunzip();
    source.once('error', (error) => rows.destroy(error));
    const { stream } = await client.exec({
      query: `INSERT INTO ${target} (${columns.join(', ')}) FORMAT Native`,
      values: source.pipe(rows),
      clickhouse_settings: {
        ...INSERT_SETTINGS,
        // Bounds the memory of the typed column and of the views.
        min_insert_block_size_rows: '65536',
        min_insert_block_size_bytes: String(64 * MIB),
      },
    });
    await text(stream);
  }
}

function resultRows(summary: string | string[] | undefined): number {
  const { result_rows: rows = 0 } = JSON.parse(String(summary ?? '{}')) as { readonly result_rows?: unknown };
  return Number(rows);
}
