import { invalid, show, type Issue } from '../common/errors.ts';
import { MAX_TIMESTAMP_MS } from './event.ts';
import { timeUs, wholeMs, type Query } from './parameters.ts';

/** A UTC hour, as the milliseconds since the epoch at which it begins. */
export type HourMs = number;

export const HOUR_MS: HourMs = 3_600_000;

/** The most hours one question may ask for: 31 days. */
export const MAX_HOURS = 744;

export function hourOf(timestampMs: number): HourMs {
  return timestampMs - (timestampMs % HOUR_MS);
}

/**
 * The hour that `GET /analytics?timestamp={ms}` asks for.
 * @throws AppError `invalid`
 */
export function parseHour(query: Query): HourMs {
  const issues: Issue[] = [];
  const timestampMs = wholeMs(query, 'timestamp', MAX_TIMESTAMP_MS, `${MAX_TIMESTAMP_MS}`, issues);
  if (issues.length > 0) throw invalid(issues);
  return hourOf(timestampMs);
}

/**
 * Every hour that begins in `[from, to)` of `GET /analytics/hours`, in order. `from` is taken down to the beginning of
 * its hour, so that the hour that holds it is the first.
 * @throws AppError `invalid`
 */
export function parseHours(query: Query): HourMs[] {
  const issues: Issue[] = [];
  const fromUs = parseTimeUs(query, 'from', issues);
  const toUs = parseTimeUs(query, 'to', issues);
  const first = hourOf(Math.floor(fromUs / 1000));
  const count = Math.ceil((toUs / 1000 - first) / HOUR_MS);
  if (toUs < fromUs) {
    issues.push({ path: 'to', message: `received ${show(query['to'])}, expected a time not before from` });
  } else if (count > MAX_HOURS) {
    issues.push({ path: 'to', message: `received a range of ${count} hours, expected at most ${MAX_HOURS}` });
  }
  if (issues.length > 0) throw invalid(issues);
  return Array.from({ length: fromUs === toUs ? 0 : count }, (_, index) => first + index * HOUR_MS);
}

/** A time in a query, in microseconds. Returns NaN and adds an issue when it is none. */
function parseTimeUs(query: Query, name: string, issues: Issue[]): number {
  const value = query[name];
  const us = typeof value === 'string' ? timeUs(value) : NaN;
  if (!Number.isNaN(us)) return us;
  const expected = 'ISO 8601 or milliseconds since the epoch, from 1970 to 2099';
  issues.push({ path: name, message: `received ${show(value)}, expected ${expected}` });
  return NaN;
}
