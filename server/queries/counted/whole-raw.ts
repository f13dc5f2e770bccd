import { AppError } from '../../common/errors.ts';
import { HOUR_S } from '../../common/units.ts';
import { formatTimeUs } from '../../events/time.ts';
import type { Counting } from './grown-hours.ts';

/**
 * From which hour on the raw table has all events that were counted, in seconds since the epoch; 0 when it has all, Infinity
 * while nothing is known. With an hour to spare: what is known is of a while ago.
 */
export function wholeFromS({ wholeSinceS = () => 0 }: Counting): number {
  const sinceS = wholeSinceS();
  return sinceS <= 0 ? 0 : (Math.ceil(sinceS / HOUR_S) + 1) * HOUR_S;
}

/**
 * For what raw events alone can tell. Without an hour to spare: as far back as events are kept it may be asked.
 * @param fromUs of the first event that is needed, in microseconds since the epoch
 * @param unit what the counts are of, of which only a part is asked for
 * @throws AppError `not_kept` when such events were removed, `unavailable` while that is not known
 */
export function expectRaw({ wholeSinceS = () => 0 }: Counting, fromUs: number, unit: 'hours' | 'minutes'): void {
  const sinceS = wholeSinceS();
  if (sinceS <= 0 || fromUs >= sinceS * 1_000_000) return;
  if (sinceS === Infinity) {
    throw new AppError('unavailable', 'It is not known yet since when raw events are kept', { retryAfterS: 1 });
  }
  const since = formatTimeUs(sinceS * 1_000_000);
  const received = `received a question of parts of ${unit} before ${since}, whose events RETENTION_DAYS has removed`;
  const expected = `expected whole UTC ${unit} there: another from (instead of window), to, interval or timezone`;
  throw new AppError('not_kept', `${received}, ${expected}`);
}
