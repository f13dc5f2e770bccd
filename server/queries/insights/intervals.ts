import type { ZoneClock } from './zone-clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../common/units.ts';

/** What time is cut into. Weeks begin on Monday. */
export const INTERVALS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof INTERVALS)[number];

/** About how long one is. */
export const USUAL_MS: Readonly<Record<Interval, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
};

/** No one is longer than that, whatever is done to the clocks. */
const LONGEST_MS: Readonly<Record<Interval, number>> = {
  minute: 3 * HOUR_MS,
  hour: 3 * HOUR_MS,
  day: 3 * DAY_MS,
  week: 9 * DAY_MS,
  month: 33 * DAY_MS,
};

/**
 * The beginnings of intervals, from the one that holds a time on, without end, in milliseconds since the epoch. The one
 * place that decides where intervals begin:
 * - an hour or a minute begins when the clocks of the zone come to a full one, or are set past it, so that an hour that
 *   they show twice is two;
 * - a day, week or month begins with its first moment; a date that the clocks leave out is no interval.
 */
export function* beginnings(clock: ZoneClock, interval: Interval, fromMs: number): Generator<number> {
  let heldMs: number | undefined;
  for (const atMs of FROM[interval](clock, fromMs)) {
    if (atMs > fromMs) {
      if (heldMs !== undefined) yield heldMs;
      heldMs = undefined;
      yield atMs;
    } else {
      heldMs = atMs;
    }
  }
}

/** Those of the intervals that meet `[fromMs, toMs)`; one more than `max` when there are more than that. */
export function beginningsBetween(
  clock: ZoneClock,
  interval: Interval,
  fromMs: number,
  toMs: number,
  max: number,
): number[] {
  const found: number[] = [];
  if (toMs <= fromMs) return found;
  for (const atMs of beginnings(clock, interval, fromMs)) {
    if (atMs >= toMs || found.length > max) break;
    found.push(atMs);
  }
  return found;
}

/** Where the last `count` intervals before a time begin. */
export function beginningOfLast(clock: ZoneClock, interval: Interval, toMs: number, count: number): number {
  const fromMs = toMs - count * USUAL_MS[interval] - 2 * LONGEST_MS[interval];
  return beginningsBetween(clock, interval, fromMs, toMs, Infinity).at(-count) ?? fromMs;
}

/** All from one that begins at `fromMs` or before, in order. */
const FROM: Readonly<Record<Interval, (clock: ZoneClock, fromMs: number) => Generator<number>>> = {
  minute: (clock, fromMs) => fullOnes(clock, MINUTE_MS, fromMs - LONGEST_MS.minute),
  hour: (clock, fromMs) => fullOnes(clock, HOUR_MS, fromMs - LONGEST_MS.hour),
  day: (clock, fromMs) => dates(clock, clock.dayAt(fromMs), (day) => day + 1),
  // 1970-01-01 was a Thursday.
  week: (clock, fromMs) => dates(clock, Math.floor((clock.dayAt(fromMs) + 3) / 7) * 7 - 3, (day) => day + 7),
  month: (clock, fromMs) => dates(clock, dayOfMonth(clock.dayAt(fromMs), 0), (day) => dayOfMonth(day, 1)),
};

function* dates(clock: ZoneClock, first: number, next: (day: number) => number): Generator<number> {
  let lastMs = -Infinity;
  for (let day = first; ; day = next(day)) {
    const atMs = clock.firstAt(day * DAY_MS);
    if (atMs > lastMs) yield atMs;
    lastMs = atMs;
  }
}

/** The first of the month that holds a date, or of one so many months after it, in days since 1970-01-01. */
function dayOfMonth(day: number, after: number): number {
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + after) / DAY_MS;
}

/** How much of time is looked through at once for changes of the clocks. */
const PIECE_MS = 20 * DAY_MS;

function* fullOnes(clock: ZoneClock, unitMs: number, fromMs: number): Generator<number> {
  let beforeMs = clock.offsetMs(fromMs);
  for (let pieceMs = fromMs; ; pieceMs += PIECE_MS) {
    const changes = clock.changes(pieceMs, pieceMs + PIECE_MS);
    for (const [index, { atMs, offsetMs }] of changes.entries()) {
      const endMs = changes[index + 1]?.atMs ?? pieceMs + PIECE_MS;
      const firstMs = nextFull(atMs + offsetMs, unitMs) - offsetMs;
      const isSetPast = nextFull(atMs + beforeMs, unitMs) < atMs + offsetMs;
      if (isSetPast && firstMs > atMs) yield atMs;
      for (let fullMs = firstMs; fullMs < endMs; fullMs += unitMs) yield fullMs;
      beforeMs = offsetMs;
    }
  }
}

function nextFull(localMs: number, unitMs: number): number {
  return Math.ceil(localMs / unitMs) * unitMs;
}
