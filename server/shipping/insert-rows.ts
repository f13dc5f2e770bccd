import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { SpanKind } from '@opentelemetry/api';
import type { ClickHouseSettings } from '@clickhouse/client';
import { inSpan } from '../common/tracing.ts';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import { INSERT_SETTINGS } from '../clickhouse/insert-settings.ts';

/** One INSERT. */
export interface Insert {
  readonly table: string;
  /** The rows in the bytes that ClickHouse reads; a new stream each time, whose source is open. @throws what opening says */
  readonly rows: () => Promise<Readable>;
  /** Beside those of every INSERT. */
  readonly settings?: ClickHouseSettings;
}

/**
 * Resolves once ClickHouse has the rows in the raw table and in the views, synced to its disk. What fails may be there
 * all the same, or in part; sent again, to any node, it counts once.
 * @throws what opening the rows says, and what ClickHouse or the network answers
 */
export async function insertRows(client: ClickHouseClient, insert: Insert): Promise<void> {
  const attributes = {
    'db.system.name': 'clickhouse',
    'db.operation.name': 'INSERT',
    'db.collection.name': insert.table,
  };
  // It has events of many requests, so it is of none of their traces.
  await inSpan('INSERT', { kind: SpanKind.CLIENT, root: true, attributes }, async () => send(client, insert));
}

async function send(client: ClickHouseClient, { table, rows, settings }: Insert): Promise<void> {
  const values = await rows();
  try {
    const result = await client.exec({
      query: `INSERT INTO ${table} FORMAT JSONEachRow`,
      values,
      clickhouse_settings: { ...INSERT_SETTINGS, ...settings },
    });
    await text(result.stream);
  } finally {
    // Of a request that was never sent, the files would stay open.
    values.destroy();
  }
}
