import type { LRUCache } from 'lru-cache';
import { queryRows } from '../clickhouse/query.ts';
import { allOf, columnsAre } from './sql/conditions.ts';
import type { EventFilters } from './sql/event-filters.ts';
import { countedHours } from './counted/counted-hours.ts';
import { keyOfKind, versionOf, type Count, type Counting, type KindOfEvent } from './counted/grown-hours.ts';

/** What is known of one name of a category, over everything that was ever stored. */
export interface EventName extends KindOfEvent {
  readonly events: number;
  /** The timestamps of its first and last event, in whole microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** The same, and the version of its rows. */
export type VersionedName = EventName & Count;

/** Whose names. */
export type NamesQuestion = Pick<EventFilters, 'application' | 'category'>;

/** How many events each name has. */
export type KnownNames = Pick<LRUCache<string, Count>, 'get' | 'set'>;

/** Of one answer. */
export const MAX_NAMES = 1000;

/** So many that have grown are counted by themselves; of more, all are. */
export const FEW = 100;

/** The names of events, the most frequent first, those with as many events in the order of category and name. @throws what `queryRows` throws */
export async function readEventNames(
  counting: Counting,
  question: NamesQuestion,
  known: KnownNames,
): Promise<EventName[]> {
  const names = await readNamesInOrder(counting, question, known);
  return names
    .filter(({ events }) => events > 0)
    .map(({ category, name, events, firstUs, lastUs }) => ({ category, name, events, firstUs, lastUs }))
    .sort((a, b) => b.events - a.events);
}

/**
 * The names of events, in the order of the bytes of category and name; those included of which every event was erased.
 * @param known of the same application; kept up, so that events are counted again only where the rows have changed
 * @throws what `queryRows` throws
 */
export async function readNamesInOrder(
  counting: Counting,
  { application, category }: NamesQuestion,
  known: KnownNames,
): Promise<VersionedName[]> {
  const { sql, params } = allOf(columnsAre({ application, category }));
  const query = `
    SELECT
      category, name, ${VERSION},
      toUnixTimestamp64Micro(min(first)) AS firstUs, toUnixTimestamp64Micro(max(last)) AS lastUs
    FROM hours
    WHERE ${sql}
    GROUP BY category, name
    HAVING sum(rows) > 0
    ORDER BY category, name`;
  const rows = await queryRows<Row>(counting.nodes, query, params, counting.bounds);
  // Held here: what is counted now may take the place of what was known.
  const events = new Map<string, number>();
  const grown: Row[] = [];
  for (const row of rows) {
    const counted = known.get(keyOfKind(row));
    if (counted?.version === BigInt(row.version)) events.set(keyOfKind(row), counted.events);
    else grown.push(row);
  }
  if (grown.length > 0) {
    const counted = await countNames(counting, { application, category }, grown, known);
    for (const [key, count] of counted) events.set(key, count);
  }
  return rows.map((row) => ({ ...row, version: BigInt(row.version), events: events.get(keyOfKind(row)) ?? 0 }));
}

const VERSION = `${versionOf('hour', 'rows')} AS version`;

/** What is known of a name without counting. */
interface Row extends Omit<EventName, 'events'> {
  readonly version: string;
}

async function countNames(
  counting: Counting,
  question: NamesQuestion,
  grown: readonly KindOfEvent[],
  known: KnownNames,
): Promise<ReadonlyMap<string, number>> {
  const kinds = grown.length > FEW ? undefined : grown;
  const { sql, params } = await countedHours(counting, { ...question, kinds });
  const query = `
    SELECT category, name, ${VERSION}, sum(events) AS all_events, min(is_settled) AS are_settled
    FROM (${sql})
    GROUP BY category, name`;
  const rows = await queryRows<CountedRow>(counting.nodes, query, params, counting.bounds);
  for (const row of rows) {
    if (row.are_settled === 1) {
      known.set(keyOfKind(row), { version: BigInt(row.version), events: row.all_events });
    }
  }
  return new Map(rows.map((row) => [keyOfKind(row), row.all_events]));
}

interface CountedRow extends KindOfEvent {
  readonly version: string;
  readonly all_events: number;
  readonly are_settled: 0 | 1;
}
