import { useState } from 'preact/hooks';
import { MOST_SERIES, seriesPath, type SeriesAnswer, type SeriesQuestion } from '../api/questions.ts';
import type { Bounds } from '../state/range.ts';
import { useAnswer, type Answer } from './use-answer.ts';

export type SeriesOfRange = Omit<SeriesQuestion, 'fromMs' | 'toMs'>;

export interface Series {
  readonly answer: Answer<SeriesAnswer>;
  /** Whether the answer is of this question and range, and not of those before. */
  readonly isCurrent: boolean;
  /** Of the period before; undefined until it is known, and where it is not asked for. */
  readonly before: SeriesAnswer | undefined;
}

/** How soon an answer is asked for again: what ends with now changes. */
const LIVE_MS = 1_000;
const LONG_MS = 10_000;
const LONG_FROM_MS = 2 * 86_400_000;

/** A count over a range, again and again while that ends with now; and, if wished, over the period before. */
export function useSeries(question: SeriesOfRange, bounds: Bounds, hasBefore: boolean): Series {
  const answer = useAnswer<SeriesAnswer>(pathOf(question, bounds), { everyMs: everyMsOf(bounds) });
  const by = question.by ?? '';
  // The largest of the period before need not be those of now.
  const earlier = { ...question, ...(by === '' ? {} : { limit: String(MOST_SERIES) }), ...bounds.before };
  const before = useAnswer<SeriesAnswer>(hasBefore ? seriesPath(earlier) : undefined);
  const id = JSON.stringify([question, bounds.words]);
  const isCurrent = useIsOf(id, answer);
  const isBeforeCurrent = useIsOf(id, before);
  const isComparable = hasBefore && isCurrent && isBeforeCurrent && before.state === 'ready';
  return { answer, isCurrent, before: isComparable ? before.value : undefined };
}

/** Whether an answer is of this question and range, though its times may have moved on since. */
function useIsOf(id: string, answer: Answer<SeriesAnswer>): boolean {
  const [answered, setAnswered] = useState<string>();
  const isNow = answer.state === 'ready' && !answer.isOfBefore;
  if (isNow && answered !== id) setAnswered(id);
  return isNow || answered === id;
}

/** The path of the question about a range. */
export function pathOf(question: SeriesOfRange, { asked }: Bounds): string {
  return seriesPath({ ...question, ...asked });
}

/** How often an answer about a range is asked for again; undefined for one that is over. */
export function everyMsOf({ isOpen, fromMs, toMs }: Bounds): number | undefined {
  if (!isOpen) return undefined;
  return toMs - fromMs < LONG_FROM_MS ? LIVE_MS : LONG_MS;
}
