import { MOST_SERIES, seriesPath, type SeriesAnswer, type SeriesQuestion } from '../api/questions.ts';
import type { Bounds } from '../state/range.ts';
import { useAnswer, type Answer } from './use-answer.ts';

export type SeriesOfRange = Omit<SeriesQuestion, 'fromMs' | 'toMs'>;

export interface Series {
  readonly answer: Answer<SeriesAnswer>;
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
  const isCurrent = hasBefore && before.state === 'ready';
  return { answer, before: isCurrent ? before.value : undefined };
}

/** The path of the question about a range. */
export function pathOf(question: SeriesOfRange, { fromMs, toMs, isOpen }: Bounds): string {
  return seriesPath({ ...question, fromMs, toMs: isOpen ? undefined : toMs });
}

/** How often an answer about a range is asked for again; undefined for one that has ended. */
export function everyMsOf({ isOpen, fromMs, toMs }: Bounds): number | undefined {
  if (!isOpen) return undefined;
  return toMs - fromMs < LONG_FROM_MS ? LIVE_MS : LONG_MS;
}
