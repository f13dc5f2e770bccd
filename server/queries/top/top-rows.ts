import { askEvents } from '../counted/deduplicated-events.ts';
import type { Counting } from '../counted/grown-hours.ts';
import { placeOf, type LatestOfKey } from './shown-values.ts';
import type { TopQuestion } from './top-events.ts';
import { countOf, keyedEvents, LATEST, selectKeys, type Keys } from './top-groups.ts';

export interface TopKeyRow {
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
): Promise<TopKeyRow[]> {
  const aggregate = countOf(question.measure);
  return await askEvents<TopKeyRow>(counting, keyedEvents(question, aggregate, keys), (groups) => {
    const { sql, params } = selectKeys(question, aggregate, groups, keys);
    return {
      sql: `
        SELECT toString(top_key) AS top_key, toString(sipHash64(top_key)) AS key_hash, value AS count
        FROM (${sql})
        WHERE value > 0
        ORDER BY value DESC, top_key
        LIMIT {limit:UInt32}`,
      params: { ...params, limit },
    };
  });
}

/** The latest event of each of these keys. @throws what `queryRows` throws */
export async function readLatest(
  counting: Counting,
  question: TopQuestion,
  rows: readonly TopKeyRow[],
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
          rowFilter: unique === undefined ? isIn : undefined,
          params: { keys: rows.map(({ top_key }) => top_key) },
        };
  return await askEvents<LatestOfKey>(counting, keyedEvents(question, LATEST, keys), (groups) => {
    const { sql, params } = selectKeys(question, LATEST, groups, keys);
    return { sql: `SELECT toString(top_key) AS key, ${placeOf('value')} AS latest FROM (${sql})`, params };
  });
}
