import { MAX_TIMESTAMP_MS } from './event.ts';
import { parseTimeUs } from './time.ts';

/** Longer than any time that is written with a date, a fraction of nine digits and a zone. */
const MAX_TIME_CHARACTERS = 40;

/** The parameters of a query string: a value, or all of them when a name is repeated. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A time in a query string, from 1970 to 2099: ISO 8601 (UTC when it names no zone) or milliseconds since the epoch.
 * @returns whole microseconds since the epoch, or NaN when it is no such time
 */
export function timeUs(text: string): number {
  if (text.length > MAX_TIME_CHARACTERS) return NaN;
  // A "+" in a query string arrives as a space unless the client encoded it.
  const us = parseTimeUs(text.replace(/^(\d{4}-\d{2}-\d{2}T[\d:.,]+) (\d{2}:?\d{2})$/i, '$1+$2'));
  return us >= 0 && us < (MAX_TIMESTAMP_MS + 1) * 1000 ? us : NaN;
}

/** Whether a string is longer than `max` code points; most strings are answered without counting. */
export function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count > max;
}
