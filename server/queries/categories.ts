import type { LRUCache } from 'lru-cache';
import { queryRows } from '../clickhouse/query.ts';
import { allOf, columnsAre } from './sql/conditions.ts';
import { FEW, readNamesInOrder, type KnownNames } from './event-names.ts';
import { sumOfVersions, versionOf, type Counting } from './counted/grown-hours.ts';

/** What is known of one category, over everything that was ever stored. */
export interface Category {
  readonly category: string;
  readonly events: number;
  /** How many different sessions its events name; exact. */
  readonly sessions: number;
  /** The timestamps of its first and last event, in whole microseconds since the epoch. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** What was counted of one application, or of all of them. */
export interface Known {
  readonly names: KnownNames;
  /** Of each category. */
  readonly sessions: Pick<LRUCache<string, CountedSessions>, 'get' | 'set'>;
}

interface CountedSessions {
  /** Of the rows of the category. */
  readonly version: bigint;
  readonly sessions: number;
}

/** All that is known of a category from its names. */
type OfNames = Omit<Category, 'sessions'> & Pick<CountedSessions, 'version'>;

/**
 * Every category that has events, in the order of their bytes.
 * @param known kept up, so that what has not changed is not counted again
 * @throws what `queryRows` throws
 */
export async function readCategories(
  counting: Counting,
  application: string | undefined,
  known: Known,
): Promise<Category[]> {
  const categories = new Map<string, OfNames>();
  for (const { category, ...name } of await readNamesInOrder(counting, { application }, known.names)) {
    const before = categories.get(category) ?? { version: 0n, events: 0, firstUs: Infinity, lastUs: 0 };
    categories.set(category, {
      category,
      version: sumOfVersions([before.version, name.version]),
      events: before.events + name.events,
      firstUs: Math.min(before.firstUs, name.firstUs),
      lastUs: Math.max(before.lastUs, name.lastUs),
    });
  }
  const sessions = await readSessions(counting, application, [...categories.values()], known.sessions);
  return [...categories.values()]
    .filter(({ events }) => events > 0)
    .map(({ category, events, firstUs, lastUs }) => ({
      category,
      events,
      sessions: sessions.get(category) ?? 0,
      firstUs,
      lastUs,
    }));
}

async function readSessions(
  { nodes, bounds }: Counting,
  application: string | undefined,
  categories: readonly OfNames[],
  known: Known['sessions'],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const grown: string[] = [];
  for (const { category, version } of categories) {
    const counted = known.get(category);
    if (counted?.version === version) found.set(category, counted.sessions);
    else grown.push(category);
  }
  if (grown.length === 0) return found;
  const { sql, params } = allOf([
    ...columnsAre({ application }),
    ...(grown.length > FEW ? [] : [{ sql: 'category IN {grown:Array(String)}', params: { grown } }]),
  ]);
  const query = `
    SELECT category, ${versionOf('hour', 'rows')} AS version, uniqExactMerge(sessions) AS all_sessions
    FROM hours
    WHERE ${sql}
    GROUP BY category`;
  for (const { category, version, all_sessions } of await queryRows<SessionsRow>(nodes, query, params, bounds)) {
    found.set(category, all_sessions);
    known.set(category, { version: BigInt(version), sessions: all_sessions });
  }
  return found;
}

interface SessionsRow {
  readonly category: string;
  readonly version: string;
  readonly all_sessions: number;
}
