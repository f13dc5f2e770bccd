import { askEvents } from '../counted/deduplicated-events.ts';
import type { Counting } from '../counted/grown-hours.ts';
import { placeOf, type LatestOfKey } from './shown-values.ts';
import type { TopQuestion } from './top-events.ts';
import { countOf, keyedEvents, LATEST, selectKeys, type Keys } from './top-groups.ts';

export interface KeyRow {
  readonly top_key: string;
  readonly count: number;
  /** Of a key at a path at least: that may be as long as an event, too long for a list of parameters. */
  readonly key_hash?: string | undefined;
}

/** Which of the keys of a question are counted, and how many of them are in the answer. */
export interface WantedKeys {
  readonly limit: number;
  /** All, unless said otherwise. */
  readonly keys?: Keys;
}

/** Counts by what only the events themselves know. @throws what `queryRows` throws */
export async function readTopOfRows(
  counting: Counting,
  question: TopQuestion,
  { limit, keys }: WantedKeys,
): Promise<KeyRow[]> {
  const finding = countOf(question.measure);
  return await askEvents<KeyRow>(counting, keyedEvents(question, finding, keys), (groups) => {
    const { sql, params } = selectKeys(question, finding, groups, keys);
    return {
      sql: `
        SELECT toString(top_key) AS top_key, toString(sipHash64(top_key)) AS key_hash, found AS count
        FROM (${sql})
        WHERE found > 0
        ORDER BY found DESC, top_key
        LIMIT {limit:UInt32}`,
      params: { ...params, limit },
    };
  });
}

/** The latest event of each of these keys. @throws what `queryRows` throws */
export async function readLatest(
  counting: Counting,
  question: TopQuestion,
  rows: readonly KeyRow[],
): Promise<LatestOfKey[]> {
  const { by, unique } = question;
  const isIn = `${typeof by === 'string' ? by : ''} IN {keys:Array(String)}`;
  const keys: Keys =
    typeof by === 'object'
      ? {
          keys: 'sipHash64(top_key) IN {key_hashes:Array(UInt64)}',
          params: { key_hashes: rows.map(({ key_hash = 0 }) => BigInt(key_hash)) },
        }
      : {
          keys: 'top_key IN {keys:Array(String)}',
          // With `unique` the events of other keys matter, too.
          found: unique === undefined ? isIn : undefined,
          params: { keys: rows.map(({ top_key }) => top_key) },
        };
  return await askEvents<LatestOfKey>(counting, keyedEvents(question, LATEST, keys), (groups) => {
    const { sql, params } = selectKeys(question, LATEST, groups, keys);
    return { sql: `SELECT toString(top_key) AS key, ${placeOf('found')} AS latest FROM (${sql})`, params };
  });
}
