import { queryRows } from '../clickhouse/query.ts';
import type { KnowingCounting } from './counted/known-hours.ts';
import { readEvents } from './sql/readings.ts';
import type { TopQuestion } from './top-events.ts';
import type { Keys } from './top-groups.ts';
import { readTopOfRows, type HashedKey, type KeyRow } from './top-rows.ts';

/** So many keys are known from one answer to the next, beside those of events that came since. */
const KEPT = 300;
/** And for so long: everything is looked at again once a minute. */
const KEPT_MS = 60_000;

interface Ranking {
  readonly keys: readonly HashedKey[];
  /** No other key had more events than this one, nor as many before it in the order. */
  readonly others: KeyRow;
  /** Hashes of the names of the table's parts that all of this was found in. */
  readonly parts: readonly bigint[];
  readonly fromUs: number;
  /** When everything was looked at. */
  readonly atMs: number;
}

/**
 * The largest keys of a question that is asked every second, and the most that any other key can have: from that, the next
 * answer is made of the known keys and of those with an event in a part that is new. Any other key can only have lost
 * events since, to the time or an erasure: what is stored comes in a new part, and so does what is merged.
 */
export class RankedKeys {
  #last: Ranking | undefined;
  #areMany = true;

  /**
   * The same as `readTopOfRows`, of one ClickHouse server: parts of several have the same names.
   * @throws what `queryRows` throws, and knows nothing then
   */
  async read(counting: KnowingCounting, question: TopQuestion): Promise<readonly HashedKey[]> {
    const { limit, fromUs = 0 } = question;
    const last = this.#last;
    this.#last = undefined;
    // Before what is found in them.
    const parts = this.#areMany ? await readParts(counting) : [];
    const nowMs = counting.nowMs();
    if (last !== undefined && fromUs >= last.fromUs && Math.abs(nowMs - last.atMs) < KEPT_MS) {
      const keys = await readTopOfRows(counting, question, { limit: KEPT + 1, keys: knownOrNew(question, last) });
      const others = firstOf(last.others, keys[KEPT]);
      const least = keys[limit - 1];
      if (least !== undefined && ranksBefore(least, others)) {
        this.#last = { ...last, keys: keys.slice(0, KEPT), others, parts, fromUs };
        return keys.slice(0, limit);
      }
    }
    const keys = await readTopOfRows(counting, question, { limit: KEPT + 1 });
    const others = keys[KEPT];
    if (this.#areMany && others !== undefined)
      this.#last = { keys: keys.slice(0, KEPT), others, parts, fromUs, atMs: nowMs };
    this.#areMany = others !== undefined;
    return keys.slice(0, limit);
  }
}

/** Each part has a first row, unless that was erased: then all of it is taken for new. */
async function readParts({ nodes, bounds }: KnowingCounting): Promise<bigint[]> {
  const query = 'SELECT toString(sipHash64(_part)) AS part FROM events WHERE _part_offset = 0';
  const rows = await queryRows<{ part: string }>(nodes, query, {}, bounds);
  return rows.map(({ part }) => BigInt(part));
}

/** Its numbers are in the text, because hundreds of parameters are too long for an address. */
function knownOrNew(question: TopQuestion, { keys, parts }: Ranking): Keys {
  const { by, application, category, name, fromUs, toUs } = question;
  const paths = typeof by === 'string' ? [] : [by];
  const fresh = readEvents({ application, category, name, fromUs, toUs }, paths, ({ from, textAt }) => {
    const key = typeof by === 'string' ? by : `assumeNotNull(${textAt(by)})`;
    return `SELECT ${key} ${from} AND NOT has([${parts.join(', ')}], sipHash64(_part))`;
  });
  // Others with the same hash are counted in vain.
  const hashes = keys.map(({ key_hash }) => BigInt(key_hash)).join(', ');
  const found = (key: string) => `(sipHash64(${key}) IN (${hashes}) OR ${key} IN (${fresh.sql}))`;
  return { keys: found('top_key'), found: typeof by === 'string' ? found(by) : undefined };
}

function firstOf(one: KeyRow, other: KeyRow | undefined): KeyRow {
  return other !== undefined && ranksBefore(other, one) ? other : one;
}

/** In the order of an answer: the most events first, then by the bytes of the key. */
function ranksBefore(one: KeyRow, other: KeyRow): boolean {
  const more = Number(one.count) - Number(other.count);
  return more > 0 || (more === 0 && Buffer.compare(Buffer.from(one.top_key), Buffer.from(other.top_key)) < 0);
}
