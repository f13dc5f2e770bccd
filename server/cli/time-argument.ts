import { show } from '../common/errors.ts';
import { UsageError } from './command.ts';

const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;
const HAS_ZONE = /(Z|[+-]\d\d:\d\d)$/;
const HAS_TIME = /[T ]/;

/**
 * A time given on the command line, in ms since the epoch: ISO 8601 (UTC when it names no zone), or a number of ms.
 * @throws UsageError that names the option
 */
export function parseTime(option: string, text: string): number {
  const ms = /^\d{1,13}$/.test(text) ? Number(text) : ISO.test(text) ? Date.parse(inUtc(text)) : NaN;
  if (ms >= 0) return ms;
  throw new UsageError(
    `${option}: received ${show(text)}, expected ISO 8601 such as 2026-05-01T13:00Z, or ms since 1970`,
  );
}

function inUtc(text: string): string {
  return HAS_TIME.test(text) && !HAS_ZONE.test(text) ? `${text}Z` : text;
}
