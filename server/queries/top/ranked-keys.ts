import { AppError } from '../../common/errors.ts';
import { queryRows } from '../../clickhouse/query.ts';
import type { Counting } from '../counted/grown-hours.ts';
import type { TopColumn } from '../sql/columns.ts';
import { columnFilters } from '../sql/event-filters.ts';
import type { TopQuestion } from './top-events.ts';
import type { Keys } from './top-groups.ts';
import { SeenParts } from './seen-parts.ts';
import { readTopOfRows, type TopKeyRow } from './top-rows.ts';

/** A question by a column, whose keys are short. */
export type ColumnQuestion = TopQuestion & { readonly by: TopColumn };

/** So many keys are known from one answer to the next, beside those of events that came since. */
const KEPT = 300;
/** As long as they are no more than this: ClickHouse refuses a parameter of more than 128 KiB, in which some bytes are two. */
const MAX_KEPT_BYTES = 60_000;
/** And for so long: everything is looked at again once a minute. */
const KEPT_MS = 60_000;

interface Ranking {
  readonly keys: readonly TopKeyRow[];
  /** No other key had more events than this one, nor as many before it in the order. */
  readonly bound: TopKeyRow;
  /** What all of this was found in. */
  readonly parts: SeenParts;
  readonly fromUs: number;
  /** When everything was looked at. */
  readonly atMs: number;
}

/**
 * The largest keys of a question that is asked every second, and the most that any other key can have: from that, the next
 * answer is made of the known keys and of those with an event in a part that is new. Any other key can only have lost
 * events since: what is stored comes in a new part. But for one: of an event that came twice, for two keys, the first may
 * go with its time while the other stays; that one is seen within the minute.
 */
export class RankedKeys {
  #last: Ranking | undefined;
  /** There are more keys than are kept, and what is known of them has been enough. */
  #isWorthIt = true;

  /**
   * The same as `readTopOfRows`, of one ClickHouse server: parts of several have the same names.
   * @throws what `queryRows` throws, and knows nothing then
   */
  async read(counting: Counting, question: ColumnQuestion): Promise<readonly TopKeyRow[]> {
    const { limit, fromUs = 0 } = question;
    const last = this.#last;
    this.#last = undefined;
    // Before what is found in them.
    const parts = this.#isWorthIt ? await readParts(counting, last?.parts) : undefined;
    const nowMs = counting.nowMs();
    if (last !== undefined && fromUs >= last.fromUs && Math.abs(nowMs - last.atMs) < KEPT_MS) {
      const keys = await readKnownOrNew(counting, question, last);
      const bound = firstOf(last.bound, keys[KEPT]);
      const least = keys[limit - 1];
      this.#isWorthIt = least !== undefined && ranksBefore(least, bound);
      if (this.#isWorthIt) {
        if (parts !== undefined) this.#keep({ ...last, keys: keys.slice(0, KEPT), bound, parts, fromUs });
        return keys.slice(0, limit);
      }
    }
    const keys = await readTopOfRows(counting, question, { limit: KEPT + 1 });
    const bound = keys[KEPT];
    if (bound !== undefined && parts !== undefined) {
      this.#keep({ keys: keys.slice(0, KEPT), bound, parts, fromUs, atMs: nowMs });
    }
    this.#isWorthIt = bound !== undefined;
    return keys.slice(0, limit);
  }

  #keep(ranking: Ranking): void {
    const bytes = ranking.keys.reduce((sum, { top_key: key }) => sum + Buffer.byteLength(key), 0);
    if (ranking.parts.areFew && bytes <= MAX_KEPT_BYTES) this.#last = ranking;
  }
}

/** Each part has a first row, unless that was erased: then all of it is taken for new. */
async function readParts({ nodes, bounds }: Counting, seen = SeenParts.none): Promise<SeenParts> {
  const query = 'SELECT _part AS part FROM events WHERE _part_offset = 0';
  const rows = await queryRows<{ part: string }>(nodes, query, {}, bounds);
  return seen.and(rows.map(({ part }) => part));
}

/** Nothing, when so much is new that it costs too much. */
async function readKnownOrNew(counting: Counting, question: ColumnQuestion, last: Ranking): Promise<TopKeyRow[]> {
  try {
    return await readTopOfRows(counting, question, { limit: KEPT + 1, keys: knownOrNew(question, last) });
  } catch (error) {
    if (error instanceof AppError && error.code === 'too_expensive') return [];
    throw error;
  }
}

function knownOrNew({ by, application, category, name, fromUs, toUs }: ColumnQuestion, { keys, parts }: Ranking): Keys {
  const { sql } = columnFilters({ application, category, name, fromUs, toUs });
  const fresh = `SELECT ${by} FROM events PREWHERE ${sql} AND NOT ${parts.haveSeen('_part')}`;
  // Of the column itself, not of a hash of it, so that its index tells where to read.
  const isKnownOrNew = (key: string) => `(${key} IN {known_keys:Array(String)} OR ${key} IN (${fresh}))`;
  const params = { known_keys: keys.map(({ top_key }) => top_key) };
  return { keys: isKnownOrNew('top_key'), rowFilter: isKnownOrNew(by), params };
}

function firstOf(one: TopKeyRow, other: TopKeyRow | undefined): TopKeyRow {
  return other !== undefined && ranksBefore(other, one) ? other : one;
}

/** In the order of an answer: the most events first, then by the bytes of the key. */
function ranksBefore(one: TopKeyRow, other: TopKeyRow): boolean {
  const more = one.count - other.count;
  return more > 0 || (more === 0 && Buffer.compare(Buffer.from(one.top_key), Buffer.from(other.top_key)) < 0);
}
