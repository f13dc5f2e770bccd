import { invalid, show, type AppError } from '../common/errors.ts';
import { timeUs } from './query-parameters.ts';

/** A UTC hour, as the milliseconds since the epoch at which it begins. */
export type HourMs = number;

export const HOUR_MS: HourMs = 3_600_000;

/** The most hours one question may ask for: 31 days. */
export const MAX_HOURS = 744;

export function hourOf(timestampMs: number): HourMs {
  return timestampMs - (timestampMs % HOUR_MS);
}

/**
 * Every hour that begins in `[from, to)`, in order. `from` is taken down to the beginning of its hour, so that the hour that
 * holds it is the first.
 * @param from as `timeUs` reads it, and so `to`
 * @throws AppError `invalid`
 */
export function hoursBetween(from: string, to: string): HourMs[] {
  const fromUs = timeUs(from);
  const toUs = timeUs(to);
  const first = hourOf(Math.floor(fromUs / 1000));
  const count = Math.ceil((toUs / 1000 - first) / HOUR_MS);
  if (toUs < fromUs) throw invalidEnd(`received ${show(to)}, expected a time not before from`);
  if (count > MAX_HOURS) throw invalidEnd(`received a range of ${count} hours, expected at most ${MAX_HOURS}`);
  return Array.from({ length: fromUs === toUs ? 0 : count }, (_, index) => first + index * HOUR_MS);
}

function invalidEnd(message: string): AppError {
  return invalid([{ path: 'to', message }]);
}
