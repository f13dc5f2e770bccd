import { wallOf } from './zoned.ts';

const COUNT = new Intl.NumberFormat();
const SHORT = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const SHARE = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const CHANGE = new Intl.NumberFormat(undefined, {
  style: 'percent',
  maximumFractionDigits: 0,
  signDisplay: 'exceptZero',
});

/** A count for people, in their own way of writing: `12,345`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** A count where there is little room: `12.3K`. */
export function formatShort(count: number): string {
  return SHORT.format(count);
}

/** A part of a whole, 0 to 1, in percent; `–` of nothing. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '–' : SHARE.format(part / whole);
}

/** How a count differs from the one before, such as `+12%`; undefined when there was none. */
export function formatChange(count: number, before: number): string | undefined {
  return before === 0 ? undefined : CHANGE.format(count / before - 1);
}

/** How much of a time is shown. */
export type TimePrecision = 'day' | 'minute' | 'second' | 'exact' | 'time';

/**
 * A time by the clocks of a zone: `2026-11-21 14:05:09`.
 * @param iso ISO 8601 in UTC; `exact` keeps the digits after its second as they are, `time` leaves the day out
 */
export function formatTime(iso: string, zone: string, precision: TimePrecision = 'second'): string {
  const text = inZone(iso, zone).replace('T', ' ').replace(/Z$/, '');
  const ends = { day: 10, minute: 16, second: 19, exact: text.length, time: 19 };
  return text.slice(precision === 'time' ? 11 : 0, ends[precision]);
}

/** Only what is before the fraction of the second differs between zones. */
function inZone(iso: string, zone: string): string {
  const ms = Date.parse(`${iso.slice(0, 19)}Z`);
  if (zone === 'UTC' || Number.isNaN(ms)) return iso;
  return `${new Date(wallOf(ms, zone)).toISOString().slice(0, 19)}${iso.slice(19)}`;
}

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** The same time where the reader is, in the reader's own way of writing. */
export function formatLocal(iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? iso : LOCAL.format(ms);
}

const UNITS = [
  { seconds: 86_400, unit: 'd' },
  { seconds: 3_600, unit: 'h' },
  { seconds: 60, unit: 'min' },
  { seconds: 1, unit: 's' },
] as const;

/** A length of time in its two largest units: `12 s`, `5 min 3 s`, `2 d`. @param seconds cut to whole ones */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const largest = UNITS.findIndex((unit) => whole >= unit.seconds);
  if (largest === -1) return 'less than 1 s';
  let rest = whole;
  const parts = UNITS.slice(largest, largest + 2).flatMap(({ seconds: length, unit }) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.join(' ');
}

/** A size for people: `512 bytes`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${formatCount(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}
