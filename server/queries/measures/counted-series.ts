import { allOf, columnsAre, isWithin, type Condition } from '../sql/conditions.ts';
import { countedHours } from '../counted/counted-hours.ts';
import { hoursAre, type Counting } from '../counted/grown-hours.ts';
import { IDENTITY } from '../copies.ts';
import { intervalOf, measured, readKeys, selectKeys, seriesParams } from './measured.ts';
import type { CountedKey, PlannedSeries } from './series.ts';

const HOUR_S = 3600;
const MINUTE_S = 60;
const SECOND_US = 1_000_000;

/**
 * Counts from the tables of counts: whole hours that are in one interval from `hours`; of the others, events from the
 * whole minutes of `minutes`, and from the rows of the minutes that are cut; users and sessions from their rows.
 */
export async function readCountedSeries(counting: Counting, question: PlannedSeries): Promise<CountedKey[]> {
  const cutHours = cut(question, HOUR_S);
  const parts = question.measure === 'events' ? eventParts : personParts;
  const groups = await parts(counting, question, cutHours);
  const params = Object.assign({}, ...groups.map(({ params }) => params), seriesParams(question));
  const sql = selectKeys(question, groups.map(({ sql }) => sql).join('\n UNION ALL\n'));
  return await readKeys(counting, { sql, params });
}

/** The units that hold an end of the range or of an interval, by their beginnings, in seconds since the epoch. */
function cut({ fromUs, toUs, startsS }: PlannedSeries, unitS: number): readonly number[] {
  const ends = [fromUs / SECOND_US, ...startsS.slice(1), toUs / SECOND_US].filter((end) => end % unitS !== 0);
  return [...new Set(ends.map((end) => Math.floor(end / unitS) * unitS))];
}

/** The whole units within the range. */
function whole({ fromUs, toUs }: PlannedSeries, unitS: number) {
  const fromS = Math.ceil(fromUs / SECOND_US / unitS) * unitS;
  return { fromS, toS: Math.max(fromS, Math.floor(toUs / SECOND_US / unitS) * unitS) };
}

async function eventParts(
  counting: Counting,
  question: PlannedSeries,
  cutHours: readonly number[],
): Promise<Condition[]> {
  const parts: Condition[] = [];
  const hours = whole(question, HOUR_S);
  if ((hours.toS - hours.fromS) / HOUR_S > cutHours.filter((hour) => hour >= hours.fromS && hour < hours.toS).length) {
    const counted = await countedHours(counting, selectionOf(question), hours);
    parts.push({
      sql: `
        SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(hour)')} AS start_s, sum(events) AS part
        FROM (${counted.sql})
        WHERE toUnixTimestamp(hour) NOT IN {cut_hours:Array(UInt32)} AND key IS NOT NULL
        GROUP BY key, start_s`,
      params: { ...counted.params, cut_hours: cutHours },
    });
  }
  const cutMinutes = cut(question, MINUTE_S);
  if (cutHours.length > 0) parts.push(minutePart(question, cutHours, cutMinutes));
  if (cutMinutes.length > 0) parts.push(rowPart(question, cutMinutes));
  return parts;
}

/** Of two applications, events with the same id and time are two: each has a set of its own. */
function minutePart(question: PlannedSeries, cutHours: readonly number[], cutMinutes: readonly number[]): Condition {
  const { fromS, toS } = whole(question, MINUTE_S);
  const { sql, params } = allOf([{ sql: '1', params: {} }, ...columnsAre(selectionOf(question))]);
  return {
    sql: `
      SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(minute)')} AS start_s, sum(events) AS part
      FROM
      (
        SELECT minute, application, category, name, uniqExactMerge(ids) AS events
        FROM minutes
        WHERE ${sql}
          AND minute >= toDateTime({minutes_from_s:UInt32}, 'UTC') AND minute < toDateTime({minutes_to_s:UInt32}, 'UTC')
          AND minute IN (SELECT toDateTime(arrayJoin({cut_hours:Array(UInt32)}) + 60 * arrayJoin(range(60)), 'UTC'))
          AND toUnixTimestamp(minute) NOT IN {cut_minutes:Array(UInt32)}
        GROUP BY minute, application, category, name
      )
      WHERE key IS NOT NULL
      GROUP BY key, start_s`,
    params: {
      ...params,
      cut_hours: cutHours,
      cut_minutes: cutMinutes,
      minutes_from_s: fromS,
      minutes_to_s: toS,
    },
  };
}

function rowPart(question: PlannedSeries, cutMinutes: readonly number[]): Condition {
  return rowsWithin(question, 'toStartOfMinute', cutMinutes, `uniqExact(${IDENTITY})`);
}

function personParts(_: Counting, question: PlannedSeries, cutHours: readonly number[]): Condition[] {
  const { measure } = question;
  const { sql, params } = hoursAre(selectionOf(question), whole(question, HOUR_S));
  const sets = {
    sql: `
      SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(hour)')} AS start_s,
        uniqExactMergeState(${measure}) AS part
      FROM hours
      WHERE ${sql} AND toUnixTimestamp(hour) NOT IN {cut_hours:Array(UInt32)} AND key IS NOT NULL
      GROUP BY key, start_s`,
    params: { ...params, cut_hours: cutHours },
  };
  if (cutHours.length === 0) return [sets];
  return [sets, rowsWithin(question, 'toStartOfHour', cutHours, measured(measure).ofRows)];
}

/** Of the rows in some minutes or hours. Copies change nothing in a set. */
function rowsWithin(question: PlannedSeries, startOf: string, cutS: readonly number[], part: string): Condition {
  const { sql, params } = allOf([...columnsAre(selectionOf(question)), isWithin('timestamp', question)]);
  return {
    sql: `
      SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(timestamp)')} AS start_s, ${part} AS part
      FROM events
      WHERE ${sql} AND key IS NOT NULL
        AND ${startOf}(timestamp, 'UTC') IN (SELECT toDateTime(arrayJoin({cut_rows:Array(UInt32)}), 'UTC'))
      GROUP BY key, start_s`,
    params: { ...params, cut_rows: cutS },
  };
}

function selectionOf({ application, category, name }: PlannedSeries) {
  return { application, category, name };
}

function keyOf({ by }: PlannedSeries): string {
  return typeof by === 'string' ? `nullIf(toString(${by}), '')` : `''`;
}
