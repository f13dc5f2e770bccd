import { HOUR_S } from '../../common/units.ts';
import type { Counting } from './grown-hours.ts';

/**
 * From which hour on the raw table has all events that were counted, in seconds since the epoch; 0 when it has all, Infinity
 * while nothing is known. With an hour to spare: what is known is of a while ago.
 */
export function wholeFromS({ wholeSinceS = () => 0 }: Counting): number {
  const sinceS = wholeSinceS();
  return sinceS <= 0 ? 0 : (Math.ceil(sinceS / HOUR_S) + 1) * HOUR_S;
}
