import { queryRows } from '../clickhouse/query.ts';
import { allOf, columnsAre } from './sql/conditions.ts';
import { readEventNames, type EventName, type KnownNames } from './event-names.ts';
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
  /** The sessions of each category, and in which version of its rows. */
  readonly sessions: Map<string, { readonly version: bigint; readonly sessions: number }>;
}

/**
 * Every category that has events, in alphabetical order.
 * @param known kept up, so that what has not changed is not counted again
 * @throws what `queryRows` throws
 */
export async function readCategories(
  counting: Counting,
  application: string | undefined,
  known: Known,
): Promise<Category[]> {
  const names = await readEventNames(counting, { application }, known.names);
  const byCategory = new Map<string, EventName[]>();
  for (const name of names) byCategory.set(name.category, [...(byCategory.get(name.category) ?? []), name]);
  const versions = [...byCategory].map(
    ([category, names]) => [category, sumOfVersions(names.map(({ version }) => version))] as const,
  );
  await readSessions(counting, application, new Map(versions), known.sessions);
  return [...byCategory]
    .map(([category, names]) => ({
      category,
      events: names.reduce((sum, { events }) => sum + events, 0),
      sessions: known.sessions.get(category)?.sessions ?? 0,
      firstUs: names.reduce((first, { firstUs }) => Math.min(first, firstUs), Infinity),
      lastUs: names.reduce((last, { lastUs }) => Math.max(last, lastUs), 0),
    }))
    .sort((a, b) => Buffer.from(a.category).compare(Buffer.from(b.category)));
}

/** @param versions of the categories, over the rows of all of their names */
async function readSessions(
  { nodes, bounds }: Counting,
  application: string | undefined,
  versions: ReadonlyMap<string, bigint>,
  known: Known['sessions'],
): Promise<void> {
  const grown = [...versions].filter(([category, version]) => known.get(category)?.version !== version);
  if (grown.length === 0) return;
  const { sql, params } = allOf([
    ...columnsAre({ application }),
    {
      sql: 'category IN {grown:Array(String)}',
      params: { grown: grown.map(([category]) => category) },
    },
  ]);
  const query = `
    SELECT category, ${versionOf('hour', 'rows')} AS version, uniqExactMerge(sessions) AS all_sessions
    FROM hours
    WHERE ${sql}
    GROUP BY category`;
  for (const { category, version, all_sessions } of await queryRows<SessionsRow>(nodes, query, params, bounds)) {
    known.set(category, { version: BigInt(version), sessions: Number(all_sessions) });
  }
}

interface SessionsRow {
  readonly category: string;
  readonly version: string;
  readonly all_sessions: string | number;
}
