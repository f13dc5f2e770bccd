import { MOST_SERIES, seriesPath, type SeriesAnswer, type SeriesOfRange } from '../api/questions.ts';
import { beforePer, type Bounds } from '../state/range.ts';
import { useAnswer, type Answer } from './use-answer.ts';
import { useIsOf } from './use-is-of.ts';

export interface Series {
  readonly answer: Answer<SeriesAnswer>;
  /** Whether the answer is of this question and range, and not of those before. */
  readonly isCurrent: boolean;
  /** Whether it is also as it was last asked for: a question that fails leaves the answer before in its place. */
  readonly isFresh: boolean;
  /** Of the period before; undefined until it is known, and where it is not asked for. */
  readonly before: SeriesAnswer | undefined;
}

/** How soon an answer is asked for again: what ends with now changes. */
const LIVE_MS = 1_000;
const LONG_MS = 10_000;
const LONG_FROM_MS = 2 * 86_400_000;

/**
 * A count over a range, again and again while that goes on; and, if wished, over the period before.
 * @param question undefined asks for nothing
 */
export function useSeries(question: SeriesOfRange | undefined, bounds: Bounds, hasBefore: boolean): Series {
  const path = question && pathOf(question, bounds);
  const answer = useAnswer<SeriesAnswer>(path, { everyMs: everyMsOf(bounds) });
  const before = useAnswer<SeriesAnswer>(question && hasBefore ? beforePathOf(question, bounds) : undefined);
  const id = JSON.stringify([question, bounds.words]);
  const isCurrent = useIsOf(id, answer);
  const isBeforeCurrent = useIsOf(id, before);
  const isFresh = isCurrent && answer.state === 'ready' && answer.error === undefined;
  const isComparable = hasBefore && isCurrent && isBeforeCurrent && before.state === 'ready';
  return { answer, isCurrent, isFresh, before: isComparable ? before.value : undefined };
}

/** The path of the question about a range. */
export function pathOf(question: SeriesOfRange, { asked }: Bounds): string {
  return seriesPath({ ...question, ...asked });
}

function beforePathOf(question: SeriesOfRange, bounds: Bounds): string {
  const isBroken = (question.by ?? '') !== '';
  const before = beforePer(question.interval, bounds, question.timezone);
  // The largest of the period before need not be those of now.
  return seriesPath({ ...question, ...(isBroken && { limit: String(MOST_SERIES) }), ...before });
}

/** How often an answer about a range is asked for again; undefined for one that is over. */
export function everyMsOf({ isOpen, fromMs, toMs }: Bounds): number | undefined {
  if (!isOpen) return undefined;
  return toMs - fromMs < LONG_FROM_MS ? LIVE_MS : LONG_MS;
}
