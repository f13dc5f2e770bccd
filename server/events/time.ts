import { DAY_S } from '../common/units.ts';

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads a time: ISO 8601, `YYYY-MM-DD HH:MM:SS[.ffffff]`, or digits alone for milliseconds since the epoch. UTC when it
 * names no zone. What is finer than a microsecond is cut off. A leap second is the one after it, as to all clocks that
 * count from the epoch.
 * @returns whole microseconds since the epoch (negative before 1970), or NaN when it is no such time or no such day
 */
export function parseTimeUs(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000;
  const match = TIME.exec(text);
  if (match === null) return NaN;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const isDay = isDayOf(dayMs, Number(year), Number(month), Number(day));
  const offset = zoneMinutes(zone);
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || Number.isNaN(offset)) return NaN;
  const seconds = dayMs / 1000 + Number(hour) * 3600 + (Number(minute) - offset) * 60 + Number(second);
  if (Number(second) === 60 && !isMonthsBeginning(seconds)) return NaN;
  return seconds * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/**
 * A time as it is read back: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
 * @param us whole microseconds since the epoch
 */
export function formatTimeUs(us: number): string {
  const ms = Math.floor(us / 1000);
  const micros = String(us - ms * 1000).padStart(3, '0');
  return `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`;
}

/** Whether Date.UTC had nothing to put right: a 30th of February, a 13th month, a year that it takes for 19xx. */
function isDayOf(dayMs: number, year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && year >= 100 && new Date(dayMs).getUTCDate() === day;
}

/** Whether a month begins then, in UTC: a leap second is the last one of a month. */
function isMonthsBeginning(seconds: number): boolean {
  return seconds % DAY_S === 0 && new Date(seconds * 1000).getUTCDate() === 1;
}

/** Minutes that a zone such as `Z`, `+02`, `+0200` or `-03:30` is ahead of UTC. */
function zoneMinutes(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  if (hours > 18 || minutes > 59) return NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

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
