import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import { allOf, columnsAre, isWithin } from './sql/conditions.ts';
import type { StoredEvent } from './events-page.ts';

/** What an event is known by; see migrations/0001_events.sql. */
export const IDENTITY = 'application, event_id, category, name, timestamp';

interface Row {
  readonly timestamp_us: string | number;
  readonly received_at_us: string | number;
  readonly event_id: string;
  readonly application: string;
  readonly category: string;
  readonly name: string;
}

/**
 * Of rows with one identity only the first received, once. Copies share a timestamp, so whether a row has any is seen from
 * the rows of its microsecond, whatever filter it was found by: a copy must not be listed because the first does not match.
 * @param filters that all of the rows have in common; they only make the look shorter
 * @throws what `queryRows` throws
 */
export async function withoutCopies(
  nodes: Nodes,
  bounds: QueryBounds,
  filters: { readonly category?: string | undefined; readonly name?: string | undefined },
  rows: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const first = firstReceived(await copied(nodes, bounds, filters, rows));
  const listed = new Set<string>();
  return rows.filter((row) => {
    const identity = identityOf(row);
    const receivedAtUs = first.get(identity);
    if (receivedAtUs === undefined) return true;
    if (receivedAtUs !== row.receivedAtUs || listed.has(identity)) return false;
    listed.add(identity);
    return true;
  });
}

/** The identities that have copies, with the arrival of the first. */
async function copied(
  nodes: Nodes,
  bounds: QueryBounds,
  { category, name }: Parameters<typeof withoutCopies>[2],
  rows: readonly StoredEvent[],
): Promise<Row[]> {
  if (rows.length === 0) return [];
  const times = [...new Set(rows.map(({ timestampUs }) => timestampUs))];
  const { sql, params } = allOf([
    ...columnsAre({ category, name }),
    ...isWithin('timestamp', { fromUs: Math.min(...times), toUs: Math.max(...times) + 1 }),
  ]);
  const query = `
    SELECT
      toUnixTimestamp64Micro(timestamp) AS timestamp_us, toUnixTimestamp64Micro(min(received_at)) AS received_at_us,
      event_id, application, category, name
    FROM events
    WHERE ${sql} AND timestamp IN (SELECT fromUnixTimestamp64Micro(arrayJoin({times:Array(Int64)}), 'UTC'))
    GROUP BY ${IDENTITY}
    HAVING count() > 1`;
  return await queryRows<Row>(nodes, query, { ...params, times }, bounds);
}

function firstReceived(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(
    rows.map(({ timestamp_us, received_at_us, event_id, ...row }) => [
      identityOf({ ...row, timestampUs: Number(timestamp_us), eventId: event_id }),
      Number(received_at_us),
    ]),
  );
}

function identityOf({
  application,
  eventId,
  category,
  name,
  timestampUs,
}: Pick<StoredEvent, 'application' | 'eventId' | 'category' | 'name' | 'timestampUs'>): string {
  return JSON.stringify([application, eventId, category, name, timestampUs]);
}
