import { AppError } from '../../common/errors.ts';
import { HOUR_S, HOUR_US, MINUTE_S, SECOND_US } from '../../common/units.ts';
import { formatTimeUs } from '../../events/time.ts';
import { queryRows } from '../../clickhouse/query.ts';
import type { Condition } from '../sql/conditions.ts';
import { HOUR_OF_MINUTE, type Counting, type HoursBetween } from './grown-hours.ts';

/**
 * From which hour on the raw table has all events that were counted, in seconds since the epoch; 0 when it has all, Infinity
 * while nothing is known. With an hour to spare: what is known is of a while ago.
 */
export function wholeFromS({ wholeSinceS = () => 0 }: Counting): number {
  const sinceS = wholeSinceS();
  return sinceS <= 0 ? 0 : (Math.ceil(sinceS / HOUR_S) + 1) * HOUR_S;
}

/** Where a window begins that reaches back to where only counts are left: with the first whole hour in it. */
export function windowFromUs({ wholeSinceS = () => 0 }: Counting, fromUs: number): number {
  const sinceS = wholeSinceS();
  const isKept = sinceS === Infinity || fromUs >= sinceS * SECOND_US;
  return isKept ? fromUs : Math.ceil(fromUs / HOUR_US) * HOUR_US;
}

/** What raw events alone can tell: parts of minutes or hours, of which the tables of counts have the whole. */
export interface Parts extends HoursBetween {
  /** Whose events. */
  readonly selection: Condition;
  readonly of: 'minutes' | 'hours';
  /** The minutes or hours, by their beginnings, in seconds since the epoch. */
  readonly unitsS: readonly number[];
}

/**
 * Without an hour to spare: as far back as events are kept it may be asked.
 * @param parts within a range, in seconds since the epoch
 * @throws AppError `not_kept` when events that are needed were removed: their number is no zero; `unavailable` while that is
 * not known; and what `queryRows` throws
 */
export async function expectRaw(counting: Counting, { of, unitsS, ...parts }: Parts): Promise<void> {
  const sinceS = counting.wholeSinceS?.() ?? 0;
  const gone = unitsS.filter((unitS) => Math.max(unitS, parts.fromS) < sinceS);
  if (gone.length === 0) return;
  if (sinceS === Infinity) {
    throw new AppError('unavailable', 'It is not known yet since when raw events are kept', { retryAfterS: 1 });
  }
  const startOf = of === 'hours' ? HOUR_OF_MINUTE : 'minute';
  const query = `
    SELECT minute FROM minutes
    WHERE ${parts.selection.sql} AND toUnixTimestamp(${startOf}) IN {gone:Array(UInt32)}
      AND minute >= toDateTime({first_s:UInt32}, 'UTC') AND minute < toDateTime({end_s:UInt32}, 'UTC')
    GROUP BY minute HAVING uniqExactMerge(ids) > 0 LIMIT 1`;
  const range = { first_s: Math.floor(parts.fromS / MINUTE_S) * MINUTE_S, end_s: Math.ceil(parts.toS) };
  const params = { ...parts.selection.params, ...range, gone };
  if ((await queryRows(counting.nodes, query, params, counting.bounds)).length === 0) return;
  const since = formatTimeUs(sinceS * SECOND_US);
  const received = `received a question of parts of ${of} before ${since}, whose events RETENTION_DAYS has removed`;
  const expected = `expected whole UTC ${of} there: another from, to, interval or timezone`;
  throw new AppError('not_kept', `${received}, ${expected}`);
}
