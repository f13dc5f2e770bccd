import { queryRows } from '../clickhouse/query.ts';
import { countIdentities, countRows, hoursAround, readCopies } from './copies-of-hours.ts';
import type { Counting } from './counted/grown-hours.ts';
import type { KnownNames } from './event-names.ts';
import { placeOf, type LatestOfKey } from './shown-values.ts';
import type { Condition } from './sql/conditions.ts';
import type { TopQuestion } from './top-events.ts';
import { COUNTED, LATEST, selectKeys, type Finding } from './top-groups.ts';

export interface KeyRow {
  readonly top_key: string;
  readonly count: string | number;
}

/** A key, and a hash of it: a key may be as long as an event, too long for a list of parameters. */
export interface HashedKey extends KeyRow {
  readonly key_hash: string;
}

export interface TopOfRows {
  readonly rows: readonly HashedKey[];
  /** The hours of which copies of events were left out, in seconds since the epoch. */
  readonly copied: readonly number[];
}

/**
 * Counts by what only the events themselves know. Reads rows as if each were an event. Nearly always they are: then there
 * are as many as identities were counted before, and nothing could have become fewer meanwhile. Otherwise it is asked
 * again, with the copies left out.
 * @throws what `queryRows` throws
 */
export async function readTopOfRows(
  counting: Counting,
  question: TopQuestion,
  knownNames: KnownNames,
): Promise<TopOfRows> {
  const { nodes, bounds } = counting;
  const hours = hoursAround(question);
  const identities = await countIdentities(counting, question, hours, knownNames);
  const asRows = selectTop(question, []);
  const raw = countRows(question, hours);
  const rows = await queryRows<HashedKey & { readonly raw_rows: string | number }>(
    nodes,
    `SELECT *, (${raw.sql}) AS raw_rows FROM (${asRows.sql})`,
    { ...asRows.params, ...raw.params },
    bounds,
  );
  if (Number(rows[0]?.raw_rows) === identities) return { rows, copied: [] };
  const { hoursS: copied } = await readCopies(counting, question, hours);
  if (copied.length === 0) return { rows, copied };
  const { sql, params } = selectTop(question, copied);
  return { rows: await queryRows<HashedKey>(nodes, sql, params, bounds), copied };
}

/** The largest keys. */
function selectTop(question: TopQuestion, copied: readonly number[]): Condition {
  const { sql, params } = selectKeys(question, COUNTED[question.measure], copied);
  return {
    sql: `
      SELECT assumeNotNull(top_key) AS top_key, toString(sipHash64(top_key)) AS key_hash, found AS count
      FROM (${sql})
      WHERE found > 0
      ORDER BY found DESC, top_key
      LIMIT {limit:UInt32}`,
    params: { ...params, limit: question.limit },
  };
}

/** The latest event of each of these keys. @throws what `queryRows` throws */
export async function readLatest(
  { nodes, bounds }: Counting,
  question: TopQuestion,
  rows: readonly HashedKey[],
  copied: readonly number[],
): Promise<LatestOfKey[]> {
  const { by, unique } = question;
  const keys = rows.map(({ top_key }) => top_key);
  const finding: Finding =
    typeof by === 'object'
      ? { ...LATEST, keys: 'sipHash64(top_key) IN {key_hashes:Array(UInt64)}' }
      : {
          ...LATEST,
          keys: 'top_key IN {keys:Array(String)}',
          // Found through an index. With `unique`, and among copies, the events of other keys matter, too.
          rows: unique === undefined && copied.length === 0 ? `${by} IN {keys:Array(String)}` : '1',
        };
  const { sql, params } = selectKeys(question, finding, copied);
  const asked = typeof by === 'object' ? { key_hashes: rows.map(({ key_hash }) => BigInt(key_hash)) } : { keys };
  const query = `SELECT assumeNotNull(top_key) AS key, ${placeOf('found')} AS latest FROM (${sql})`;
  return await queryRows<LatestOfKey>(nodes, query, { ...params, ...asked }, bounds);
}
