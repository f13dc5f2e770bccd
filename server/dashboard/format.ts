const COUNT = new Intl.NumberFormat('en');

/** A count for people: `12,345`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** How much of a time is shown. */
export type TimePrecision = 'day' | 'minute' | 'second' | 'exact' | 'time';

/**
 * A time in UTC: `2026-11-21 14:05:09`.
 * @param iso ISO 8601 in UTC; `exact` keeps the digits after its second as they are, `time` leaves the day out
 */
export function formatUtc(iso: string, precision: TimePrecision = 'second'): string {
  const text = iso.replace('T', ' ').replace(/Z$/, '');
  const ends = { day: 10, minute: 16, second: 19, exact: text.length, time: 19 };
  return text.slice(precision === 'time' ? 11 : 0, ends[precision]);
}

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** The same time where the reader is, in the reader's own way of writing. */
export function formatLocal(iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? iso : LOCAL.format(ms);
}

/** The hour that begins at a time, in milliseconds: `14:00–15:00`. */
export function formatHourSpan(hourMs: number): string {
  const hour = new Date(hourMs).getUTCHours();
  return `${onTheHour(hour)}–${onTheHour((hour + 1) % 24)}`;
}

function onTheHour(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}
