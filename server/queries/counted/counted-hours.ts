import type { Condition } from '../sql/conditions.ts';
import { HOUR_S } from '../../common/units.ts';
import {
  ALL_HOURS,
  countedEvents,
  countedRows,
  eventsOfGrown,
  hoursAre,
  readGrown,
  type Counting,
  type GrownHours,
  type HourKey,
  type HoursBetween,
  type Selection,
} from './grown-hours.ts';
import { keepCounts, PIECE, settledS } from './kept-counts.ts';

/** More than this, or more events than a piece, are counted in pieces first, and kept. */
const MANY = 5_000;

/**
 * How many events there are, as SQL over `hours` and `minutes`: a row for each (hour, application, category, name), with
 * `hour`, `application`, `category`, `name`, `rows`, `events`, `first`, `last`, and `is_settled`: whether the events are those
 * of exactly these rows, so that they may be remembered under them. An hour that has as many rows as when
 * it was counted is not counted again; of the others, the sets of their minutes are merged.
 * @throws what `queryRows` throws
 */
export async function countedHours(
  counting: Counting,
  selection: Selection,
  hours: HoursBetween = ALL_HOURS,
): Promise<Condition> {
  let grown = await readGrown(counting, selection, hours);
  if (grown.fromS < settledS(counting) && (grown.keys > MANY || grown.rows > PIECE.rows)) {
    // What cannot be kept is counted below all the same.
    await keepCounts(counting, selection, hours).catch(() => undefined);
    grown = await readGrown(counting, selection, hours);
  }
  return countedGiven(selection, hours, grown);
}

/** The same of these keys, which are known to have grown; one at least. */
export function countedAgain(selection: Selection, keys: readonly HourKey[]): Condition {
  const hoursS = keys.map(({ hourS }) => hourS);
  const hours = { fromS: Math.min(...hoursS), toS: Math.max(...hoursS) + HOUR_S };
  return countedGiven({ ...selection, keys }, hours, { ...hours, keys: keys.length });
}

function countedGiven(selection: Selection, hours: HoursBetween, grown: Omit<GrownHours, 'rows'>): Condition {
  const { sql, params } = hoursAre(selection, hours);
  return {
    sql: `
      SELECT
        hour, application, category, name,
        sum(received) AS rows, max(known) AS counted_at,
        -- What has grown since it was looked for is not among the fresh: then the last count is the answer. Else it is not: it
        -- may be of events that an erasure has taken, or of a shard that was removed.
        if(${countedRows('counted_at')} = rows OR sum(of_minutes) = 0, ${countedEvents('counted_at')}, sum(fresh)) AS events,
        -- An INSERT reaches the two tables one after the other: these are the events of the rows when both have as many.
        (${countedRows('counted_at')} = rows OR sum(of_minutes) = rows) AS is_settled,
        min(earliest) AS first, max(latest) AS last
      FROM
      (
        SELECT
          hour, application, category, name, sum(rows) AS received, max(counted) AS known, toUInt64(0) AS fresh,
          toUInt64(0) AS of_minutes,
          min(first) AS earliest, max(last) AS latest
        FROM hours
        WHERE ${sql}
        GROUP BY hour, application, category, name
        ${grown.keys === 0 ? '' : withGrown(sql)}
      )
      GROUP BY hour, application, category, name
      HAVING rows > 0`,
    params: { ...params, grown_from_s: grown.fromS, grown_to_s: grown.toS },
  };
}

function withGrown(condition: string): string {
  return `
        UNION ALL
        SELECT
          hour, application, category, name, toUInt64(0), toUInt128(0), events, received,
          toDateTime64('2299-12-31 00:00:00', 6, 'UTC'), toDateTime64(0, 6, 'UTC')
        FROM (${eventsOfGrown(condition)})`;
}
