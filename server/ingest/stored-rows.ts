import { text } from 'node:stream/consumers';
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

/**
 * Which rows of a shipment the raw table has, in the order of the rows; under the shipment's token, or under that of a
 * part of it. A row is known by `received_at`, which no two rows of a journal share.
 *
 * The times of the rows bound what is read. Measured with 10 million events in the table: 6 ms for a batch of current
 * events, 35 ms when the batch has historic ones, too; without the bounds 170 ms.
 */
export async function findStored(client: ClickHouseClient, shipment: Shipment): Promise<readonly boolean[]> {
  const rows = timesOf(await text(await shipment.rows()));
  const received = rows.flatMap(({ receivedUs }) => receivedUs ?? []);
  const times = rows.flatMap(({ timestampUs }) => timestampUs ?? []);
  const hasTimes = shipment.table === 'events' && times.length > 0;
  const result = await client.query({
    query: `
      SELECT toUnixTimestamp64Micro(received_at)
      FROM {table:Identifier}
      WHERE (batch = {token:String} OR startsWith(batch, {parts:String}))
          AND received_at BETWEEN fromUnixTimestamp64Micro({first:Int64}) AND fromUnixTimestamp64Micro({last:Int64})
          ${hasTimes ? 'AND timestamp BETWEEN fromUnixTimestamp64Micro({from:Int64}) AND fromUnixTimestamp64Micro({to:Int64})' : ''}`,
    query_params: {
      table: shipment.table,
      token: shipment.token,
      parts: `${shipment.token}:`,
      ...bounds(received, 'first', 'last'),
      ...bounds(times, 'from', 'to'),
    },
    format: 'TabSeparated',
  });
  const stored = new Set((await result.text()).split('\n').map(Number));
  return rows.map(({ receivedUs }) => receivedUs !== undefined && stored.has(receivedUs));
}

interface RowTimes {
  readonly timestampUs: number | undefined;
  readonly receivedUs: number | undefined;
}

/** What `toRow` and `toRejectedRow` write; a row that does not look so was never stored. */
function timesOf(rows: string): RowTimes[] {
  const lines = rows.split('\n').filter((line) => !/^\s*$/.test(line));
  return lines.map((line) => ({
    timestampUs: numberAt(/^\{"timestamp":(\d+)[,}]/, line),
    receivedUs: numberAt(/^\{(?:"timestamp":\d+,)?"received_at":(\d+)[,}]/, line),
  }));
}

function numberAt(pattern: RegExp, line: string): number | undefined {
  const found = pattern.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}

function bounds(values: readonly number[], least: string, greatest: string): Record<string, number> {
  let [from, to] = [values[0] ?? 0, values[0] ?? 0];
  for (const value of values) {
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  return { [least]: from, [greatest]: to };
}
