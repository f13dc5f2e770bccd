import { parseTimeUs } from './time.ts';

/**
 * The `timestamp` of an event: a text is ISO 8601 or `YYYY-MM-DD HH:MM:SS[.ffffff]`, a number is milliseconds since the
 * epoch. Digits in quotes are refused: `"20210101"` is a day to some and a number to others. Of a number, fractions are
 * rounded to the microsecond, because a binary fraction is rarely the decimal one that was meant.
 * @returns whole microseconds since the epoch, or NaN when it is no such time
 */
export function eventTimeUs(timestamp: string | number): number {
  if (typeof timestamp === 'string') return /^\d+$/.test(timestamp) ? NaN : parseTimeUs(timestamp);
  return Number.isFinite(timestamp) ? Math.round(timestamp * 1000) : NaN;
}
