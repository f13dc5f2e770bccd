import { MOST_SERIES, type SeriesAnswer } from '../api/questions.ts';
import type { Stretch } from '../state/range.ts';
import { shifted, type Unit } from '../text/zoned.ts';

/** What a chart draws. Times in milliseconds. */
export interface ChartData {
  readonly interval: Unit;
  /** IANA name */
  readonly zone: string;
  readonly times: readonly number[];
  /** When the last interval ends. */
  readonly endMs: number;
  /** What of the first and the last interval was counted. */
  readonly range: Stretch;
  /** Whether the last interval goes on. */
  readonly isUnfinished: boolean;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly key: string | null;
  readonly label: string;
  readonly total: number;
  readonly values: readonly number[];
  /** Of the period before, interval by interval; undefined where it is not known. */
  readonly before: { readonly total: number; readonly values: readonly number[] } | undefined;
}

export interface Drawn {
  readonly answer: SeriesAnswer;
  readonly before: SeriesAnswer | undefined;
  readonly range: Stretch;
  readonly interval: Unit;
  readonly zone: string;
  /** The end of the minute that it is: what ends then goes on. */
  readonly nowMs: number;
  /** What a series without a key is called. */
  readonly label: string;
}

export function chartDataOf({ answer, before, range, interval, zone, nowMs, label }: Drawn): ChartData {
  const times = answer.times.map((time) => Date.parse(time));
  const last = times.at(-1);
  const endMs = last === undefined ? nowMs : shifted(last, 1, interval, zone);
  const lines = answer.series.map(({ key, total, values }) => ({
    key,
    label: key === null ? label : key === '' ? '(none)' : key,
    total,
    values,
    before: before === undefined ? undefined : beforeOf(key, before),
  }));
  return { range, interval, zone, times, endMs, isUnfinished: Math.min(endMs, range.toMs ?? Infinity) >= nowMs, lines };
}

/** A key that is missing among all of them had nothing; where there may be more keys, that is not known. */
function beforeOf(key: string | null, { series }: SeriesAnswer): Line['before'] {
  const earlier = series.find((one) => one.key === key);
  if (earlier === undefined && series.length >= MOST_SERIES) return undefined;
  return { total: earlier?.total ?? 0, values: earlier?.values ?? [] };
}

/** When an interval ends. */
export function endOf({ times, endMs }: Pick<ChartData, 'times' | 'endMs'>, index: number): number {
  return times[index + 1] ?? endMs;
}

/** What was counted of an interval: all of it, or what the range has of it. */
export function countedOf(data: ChartData, index: number): { readonly fromMs: number; readonly toMs: number } {
  const { fromMs, toMs = Infinity } = data.range;
  const endMs = endOf(data, index);
  return { fromMs: Math.max(data.times[index] ?? 0, fromMs), toMs: Math.min(endMs, toMs) };
}
