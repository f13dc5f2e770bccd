import { crc32 } from 'node:zlib';
import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import { IDENTITY } from './sql/columns.ts';
import { allOf, columnsAre, isWithin } from './sql/conditions.ts';
import type { EventFilters } from './sql/event-filters.ts';
import type { StoredEvent } from './events-page.ts';

/**
 * Of rows with one identity only the first received, once. Copies share a timestamp, so the first is found among the rows
 * of its microsecond, whatever filter a row was found by: a copy must not be listed because the first does not match. A
 * merge may have taken copies away since the rows were read; the first received is the one that stays.
 * @param filters that all of the rows have in common; they only make the look shorter
 * @throws what `queryRows` throws
 */
export async function withoutCopies(
  nodes: Nodes,
  bounds: QueryBounds,
  filters: Pick<EventFilters, 'category' | 'name'>,
  rows: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  // With the rows themselves: a replica that lags may not have them yet.
  const first = firstReceived([...rows, ...(await readFirst(nodes, bounds, filters, rows))]);
  const listed = new Set<string>();
  return rows.filter((row) => {
    const identity = identityOf(row);
    if (first.get(identity) !== row.receivedAtUs || listed.has(identity)) return false;
    listed.add(identity);
    return true;
  });
}

/** What says which event a row is of, and when it arrived. */
type Arrival = Identity & Pick<StoredEvent, 'receivedAtUs'>;

/** The first arrival of each of these rows' identities, and of few others. */
async function readFirst(
  nodes: Nodes,
  bounds: QueryBounds,
  { category, name }: Parameters<typeof withoutCopies>[2],
  rows: readonly StoredEvent[],
): Promise<Arrival[]> {
  if (rows.length === 0) return [];
  const times = [...new Set(rows.map(({ timestampUs }) => timestampUs))];
  // A checksum of each id, because ids may be long; and a million others may have the same time.
  const ids = [...new Set(rows.map(({ eventId }) => crc32(eventId)))];
  const { sql, params } = allOf([
    ...columnsAre({ category, name }),
    ...isWithin('timestamp', { fromUs: Math.min(...times), toUs: Math.max(...times) + 1 }),
  ]);
  const query = `
    SELECT
      toUnixTimestamp64Micro(timestamp) AS timestampUs, toUnixTimestamp64Micro(min(received_at)) AS receivedAtUs,
      event_id AS eventId, application, category, name
    FROM events
    PREWHERE ${sql} AND timestamp IN (SELECT fromUnixTimestamp64Micro(arrayJoin({times:Array(Int64)}), 'UTC'))
    WHERE CRC32(event_id) IN {ids:Array(UInt32)}
    GROUP BY ${IDENTITY}`;
  return await queryRows<Arrival>(nodes, query, { ...params, times, ids }, bounds);
}

function firstReceived(arrivals: readonly Arrival[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const arrival of arrivals) {
    const identity = identityOf(arrival);
    first.set(identity, Math.min(arrival.receivedAtUs, first.get(identity) ?? Infinity));
  }
  return first;
}

type Identity = Pick<StoredEvent, 'application' | 'eventId' | 'category' | 'name' | 'timestampUs'>;

function identityOf({ application, eventId, category, name, timestampUs }: Identity): string {
  return JSON.stringify([application, eventId, category, name, timestampUs]);
}
