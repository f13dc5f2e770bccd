import type { DataCondition, DataPath } from '../../events/data/data-path.ts';
import type { Counting } from '../counted/grown-hours.ts';
import { windowFromUs } from '../counted/whole-raw.ts';
import { readCountedTotals } from '../insights/counted-series.ts';
import { isCounted } from '../insights/series.ts';
import type { ColumnQuestion, RankedKeys } from './ranked-keys.ts';
import { showLatest, ShownValues } from './shown-values.ts';
import type { Measure, TopColumn } from '../sql/columns.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import { readLatest, readTopOfRows, type TopKeyRow } from './top-rows.ts';

/** Which events are counted, and by what; what is undefined does not matter. */
export interface TopQuestion extends Omit<EventFilters, 'user' | 'sessionId' | 'where'> {
  readonly measure: Measure;
  /** `fromUs` is where a window of now begins. */
  readonly isWindow?: boolean;
  readonly by: TopColumn | DataPath;
  /** Of the events that share its value, only the latest counts; an event without one stands for itself. */
  readonly unique?: DataPath | undefined;
  /** All of them must hold, for the events that `unique` leaves. */
  readonly where: readonly DataCondition[];
  /** Read from the latest event of each key. */
  readonly show: readonly DataPath[];
  /** Keys of an answer. */
  readonly limit: number;
}

/** A value that events have in common, and how many have it. */
export interface TopKey {
  readonly key: string;
  readonly count: number;
  /** JSON text of each path of `show`, in its order; empty where the latest event of the key has nothing there. */
  readonly shown: readonly string[];
}

/** What the last answer to a question is remembered by. */
export interface LastTop {
  readonly shown: ShownValues;
  /** Of one ClickHouse server alone. */
  readonly ranked?: RankedKeys | undefined;
}

/** How to ask for less. */
export const NARROWER = 'a shorter range (from, to or window), a category and name, or fewer paths';

/**
 * The keys with the most events, those with as many in the order of the keys' bytes. Events without a key (an empty
 * column, a path that leads nowhere or to null) are not counted.
 * @param last what is known from the last answer to the same question, for who asks it again and again; it is kept up
 * @throws what `queryRows` and `expectRaw` throw
 */
export async function readTopEvents(
  counting: Counting,
  question: TopQuestion,
  last: LastTop = { shown: new ShownValues() },
): Promise<TopKey[]> {
  const rows = await readKeys(counting, question, last);
  if (question.show.length === 0 || rows.length === 0) return rows.map((row) => topKey(row, []));
  // Of the largest keys alone: the latest event of each of a million keys needs ten times the memory of their counts.
  const latest = await readLatest(counting, question, rows);
  const shown = await showLatest(counting, question, latest, last.shown);
  return rows.map((row) => topKey(row, shown.get(row.top_key) ?? []));
}

/** Counted in the same way whatever is shown. */
async function readKeys(counting: Counting, question: TopQuestion, { ranked }: LastTop): Promise<readonly TopKeyRow[]> {
  if (isCounted(question) && question.unique === undefined) {
    const { isWindow = false, fromUs } = question;
    const counted =
      isWindow && fromUs !== undefined ? { ...question, fromUs: windowFromUs(counting, fromUs) } : question;
    return (await readCountedTotals(counting, counted)).map(({ key, total }) => ({ top_key: key, count: total }));
  }
  if (ranked !== undefined && isRanked(question)) return await ranked.read(counting, question);
  return await readTopOfRows(counting, question, { limit: question.limit });
}

/** With `unique`, a new event of one key may take an old one from another; and what is at a path may be as long as an event. */
function isRanked(question: TopQuestion): question is ColumnQuestion {
  return question.unique === undefined && typeof question.by === 'string';
}

function topKey({ top_key, count }: TopKeyRow, shown: readonly string[]): TopKey {
  return { key: top_key, count, shown };
}
