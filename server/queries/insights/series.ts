import { DAY_MS } from '../../common/units.ts';
import { invalid, show } from '../../common/errors.ts';
import type { DataCondition, DataPath } from '../../events/data/data-path.ts';
import type { Counting } from '../counted/grown-hours.ts';
import type { Measure, TopColumn } from '../sql/columns.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import { readCountedSeries } from './counted-series.ts';
import { beginningOfLast, beginningsBetween, type Interval } from './intervals.ts';
import { readRawSeries } from './raw-series.ts';
import { parseTimeZone } from './zone-clock.ts';

/**
 * Which events are counted, and how; what is undefined does not matter, but of a range: by default it is up to now, and the last
 * day, or the last 30 intervals.
 */
export interface SeriesQuestion extends Pick<EventFilters, 'application' | 'category' | 'name' | 'fromUs' | 'toUs'> {
  readonly measure: Measure;
  readonly interval: Interval;
  readonly timezone: string;
  /** All of them must hold. */
  readonly where: readonly DataCondition[];
  /** A series for each of its values; events without one are in none. */
  readonly by?: TopColumn | DataPath | undefined;
  /** Series of an answer, when there is `by`. */
  readonly limit: number;
}

/** What is counted, when its range and its intervals are known. */
export interface PlannedSeries extends Omit<SeriesQuestion, 'interval' | 'timezone'> {
  readonly fromUs: number;
  readonly toUs: number;
  /** The beginnings of its intervals, in seconds since the epoch. The first may be before `fromUs`. */
  readonly startsS: readonly number[];
}

/** What was counted of one key, in the intervals that have something. */
export interface CountedKey {
  /** Empty without `by`. */
  readonly key: string;
  /** Over the whole range. */
  readonly total: number;
  /** By the beginning of the interval, in seconds since the epoch. */
  readonly counts: ReadonlyMap<number, number>;
}

export interface Series {
  /** In milliseconds since the epoch. */
  readonly startsMs: readonly number[];
  readonly series: readonly {
    /** Null without `by`. */
    readonly key: string | null;
    readonly total: number;
    /** One for each interval. */
    readonly values: readonly number[];
  }[];
}

export const MAX_INTERVALS = 1000;
/** So many up to now, where `from` is not given; of hours those of a day. */
const DEFAULT_INTERVALS = { minute: MAX_INTERVALS, day: 30, week: 30, month: 30 } as const;

/**
 * Counts by interval, exactly: from the tables of counts where those know what is asked, or else event by event.
 * @throws AppError `invalid` for too many intervals, and what `queryRows` and `expectRaw` throw
 */
export async function readSeries(counting: Counting, question: SeriesQuestion): Promise<Series> {
  const planned = planSeries(question, counting.nowMs());
  const { startsS, by } = planned;
  const counted =
    startsS.length === 0 ? [] : await (isCounted(planned) ? readCountedSeries : readRawSeries)(counting, planned);
  const shown = by === undefined && counted.length === 0 ? [{ key: '', total: 0, counts: new Map() }] : counted;
  return {
    startsMs: startsS.map((startS) => startS * 1000),
    series: shown.map(({ key, total, counts }) => ({
      key: by === undefined ? null : key,
      total,
      values: startsS.map((startS) => counts.get(startS) ?? 0),
    })),
  };
}

function planSeries(question: SeriesQuestion, nowMs: number): PlannedSeries {
  const { interval, timezone, fromUs: givenUs } = question;
  const clock = parseTimeZone(timezone);
  const { toUs = Math.max(nowMs * 1000, givenUs ?? 0) } = question;
  const toMs = Math.ceil(toUs / 1000);
  const defaultUs =
    interval === 'hour'
      ? toUs - DAY_MS * 1000
      : beginningOfLast(clock, interval, toMs, DEFAULT_INTERVALS[interval]) * 1000;
  const fromUs = givenUs ?? Math.max(0, defaultUs);
  const startsMs =
    toUs <= fromUs ? [] : beginningsBetween(clock, interval, Math.floor(fromUs / 1000), toMs, MAX_INTERVALS);
  if (startsMs.length > MAX_INTERVALS) throw tooMany(interval);
  return { ...question, fromUs, toUs, startsS: startsMs.map((startMs) => startMs / 1000) };
}

/** More intervals of a kind than there may be in an answer. */
export function tooMany(interval: Interval) {
  const received = `received ${show(interval)}, which are more than ${MAX_INTERVALS} in this range`;
  const message = `${received}, expected at most that: a longer interval, or from and to that are closer together`;
  return invalid([{ path: 'interval', message }]);
}

/** Whether the tables of counts know what is asked: they answer in a time that does not grow with the events. */
export function isCounted({ by, where }: Pick<SeriesQuestion, 'by' | 'where'>): boolean {
  return where.length === 0 && (by === undefined || by === 'name' || by === 'category' || by === 'application');
}
