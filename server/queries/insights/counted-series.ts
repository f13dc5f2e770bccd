import { queryRows } from '../../clickhouse/query.ts';
import { allOf, columnsAre, isWithin, type Condition } from '../sql/conditions.ts';
import { countedHours } from '../counted/counted-hours.ts';
import { HOUR_S, MINUTE_S, SECOND_US } from '../../common/units.ts';
import { ALL_HOURS, eventsOfMinutes, hoursAre, type Counting, type HoursBetween } from '../counted/grown-hours.ts';
import { expectRaw, wholeFromS, type Parts } from '../counted/whole-raw.ts';
import { IDENTITY } from '../sql/columns.ts';
import {
  byInterval,
  countedKey,
  groupingOf,
  intervalOf,
  seriesParams,
  type Grouping,
  type SeriesKeyRow,
} from './grouping.ts';
import type { CountedKey, PlannedSeries, SeriesQuestion } from './series.ts';

/** To read a set takes 15 µs and more, a row 0.15 µs. */
const ROWS_OF_A_SET = 100;

/**
 * Counts from the tables of counts: whole hours that are in one interval from `hours`; of the others, events from the
 * whole minutes of `minutes`, and from the rows of the minutes that are cut; users and sessions from their rows, and from
 * rows alone where those are so few that they are read sooner than the sets.
 * @throws what `queryRows` and `expectRaw` throw
 */
export async function readCountedSeries(counting: Counting, question: PlannedSeries): Promise<CountedKey[]> {
  const cutHours = cut(question, HOUR_S);
  if (question.measure === 'events') return await readEventCounts(counting, question, cutHours);
  const hours = hoursAre(selectionOf(question), whole(question, HOUR_S));
  if (question.fromUs / SECOND_US >= wholeFromS(counting) && (await areSetsSmall(counting, hours))) {
    const grouping = groupingOf(question);
    return await readParts(counting, question, [rowsWithin(question, grouping)], grouping);
  }
  return await readParts(counting, question, await setParts(counting, question, hours, cutHours));
}

/**
 * The largest keys of a whole range; by default of everything. Of persons the sets are read, however small they are: the
 * rows of all of history may be more than a question may read.
 * @param question that `isCounted`
 * @throws what `queryRows` and `expectRaw` throw
 */
export async function readCountedTotals(
  counting: Counting,
  question: Omit<SeriesQuestion, 'interval' | 'timezone'>,
): Promise<CountedKey[]> {
  const { fromUs = 0, toUs = ALL_HOURS.toS * SECOND_US } = question;
  const planned = { ...question, fromUs, toUs, startsS: [Math.floor(fromUs / SECOND_US)] };
  const cutHours = cut(planned, HOUR_S);
  if (planned.measure === 'events') return await readEventCounts(counting, planned, cutHours);
  const hours = hoursAre(selectionOf(planned), whole(planned, HOUR_S));
  return await readParts(counting, planned, await setParts(counting, planned, hours, cutHours));
}

async function readParts(
  counting: Counting,
  question: PlannedSeries,
  parts: readonly Condition[],
  grouping: Grouping = byInterval(question),
): Promise<CountedKey[]> {
  if (parts.length === 0) return [];
  const params = Object.assign({}, ...parts.map(({ params }) => params), seriesParams(question));
  const groups = { sql: parts.map(({ sql }) => sql).join('\n UNION ALL\n'), selects: parts.length };
  const rows = await queryRows<SeriesKeyRow>(counting.nodes, grouping.select(groups), params, counting.bounds);
  return rows.map(countedKey);
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

async function readEventCounts(
  counting: Counting,
  question: PlannedSeries,
  cutHours: readonly number[],
): Promise<CountedKey[]> {
  const hours = whole(question, HOUR_S);
  const areAllCut = hours.toS - hours.fromS === HOUR_S * cutHours.filter((hour) => isIn(hours, hour)).length;
  const parts = await cutParts(counting, question, cutHours);
  const selection = selectionOf(question);
  if (areAllCut) return await readParts(counting, question, parts);
  if (question.by !== undefined) {
    const counted = await countedHours(counting, selection, hours);
    return await readParts(counting, question, [hourPart(question, cutHours, counted), ...parts]);
  }
  const events = await counting.known.read(counting, selection, hours, {
    group: intervalOf('toUnixTimestamp(hour)'),
    where: NOT_CUT,
    params: { starts_s: question.startsS, cut_hours: cutHours },
  });
  const [others] = await readParts(counting, question, parts);
  return [added(events, others)];
}

function isIn({ fromS, toS }: HoursBetween, hourS: number): boolean {
  return hourS >= fromS && hourS < toS;
}

/** Of one key. */
function added(events: ReadonlyMap<number, number>, others: CountedKey | undefined): CountedKey {
  const counts = new Map(events);
  for (const [startS, count] of others?.counts ?? []) counts.set(startS, (counts.get(startS) ?? 0) + count);
  return { key: '', total: [...counts.values()].reduce((sum, count) => sum + count, 0), counts };
}

const NOT_CUT = 'toUnixTimestamp(hour) NOT IN {cut_hours:Array(UInt32)}';

/** @param counted rows of `countedHours` */
function hourPart(question: PlannedSeries, cutHours: readonly number[], counted: Condition): Condition {
  return {
    sql: `
      SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(hour)')} AS start_s, sum(events) AS part
      FROM (${counted.sql})
      WHERE ${NOT_CUT} AND ${hasKey(question)}
      GROUP BY key, start_s`,
    params: { ...counted.params, cut_hours: cutHours },
  };
}

/**
 * The minutes and rows of the hours that are not whole in one interval.
 * @throws what `expectRaw` throws
 */
async function cutParts(
  counting: Counting,
  question: PlannedSeries,
  cutHours: readonly number[],
): Promise<Condition[]> {
  const cutMinutes = cut(question, MINUTE_S);
  const rows = { of: 'minutes', unitsS: cutMinutes } as const;
  await expectRaw(counting, { ...rows, ...rangeOf(question) });
  const byEvent = byInterval(question, `uniqExact(${IDENTITY})`);
  return [
    ...(cutHours.length === 0 ? [] : [minutePart(question, cutHours, cutMinutes)]),
    ...(cutMinutes.length === 0 ? [] : [rowsWithin(question, byEvent, rows)]),
  ];
}

function minutePart(question: PlannedSeries, cutHours: readonly number[], cutMinutes: readonly number[]): Condition {
  const { fromS, toS } = whole(question, MINUTE_S);
  const { sql, params } = allOf(columnsAre(selectionOf(question)));
  const areMeant = `${sql}
          AND minute >= toDateTime({minutes_from_s:UInt32}, 'UTC') AND minute < toDateTime({minutes_to_s:UInt32}, 'UTC')
          AND minute IN (SELECT toDateTime(arrayJoin({cut_hours:Array(UInt32)}) + 60 * arrayJoin(range(60)), 'UTC'))
          AND toUnixTimestamp(minute) NOT IN {cut_minutes:Array(UInt32)}`;
  return {
    sql: `
      SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(minute)')} AS start_s, sum(events) AS part
      FROM (${eventsOfMinutes(areMeant)})
      WHERE ${hasKey(question)}
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

/**
 * @param hours the whole hours of the range
 * @throws what `expectRaw` throws
 */
async function setParts(
  counting: Counting,
  question: PlannedSeries,
  hours: Condition,
  cutHours: readonly number[],
): Promise<Condition[]> {
  const sets = {
    sql: `
      SELECT ${keyOf(question)} AS key, ${intervalOf('toUnixTimestamp(hour)')} AS start_s,
        uniqExactMergeState(${question.measure}) AS part
      FROM hours
      WHERE ${hours.sql} AND toUnixTimestamp(hour) NOT IN {cut_hours:Array(UInt32)} AND ${hasKey(question)}
      GROUP BY key, start_s`,
    params: { ...hours.params, cut_hours: cutHours },
  };
  if (cutHours.length === 0) return [sets];
  const rows = { of: 'hours', unitsS: cutHours } as const;
  await expectRaw(counting, { ...rows, ...rangeOf(question) });
  return [sets, rowsWithin(question, byInterval(question), rows)];
}

/** Whether the sets of these hours are of few rows each. Parts that were not merged yet make them look smaller. */
async function areSetsSmall(
  { nodes, bounds, known: { areSmall }, rowsOfASet = ROWS_OF_A_SET }: Counting,
  { sql, params }: Condition,
): Promise<boolean> {
  const key = JSON.stringify([rowsOfASet, sql, params]);
  const known = areSmall.get(key);
  if (known !== undefined) return known;
  const query = `SELECT sum(rows) < {rows_of_a_set:UInt32} * count() AS are_small FROM hours WHERE ${sql}`;
  const [row] = await queryRows<{ are_small: 0 | 1 }>(nodes, query, { ...params, rows_of_a_set: rowsOfASet }, bounds);
  const found = row?.are_small === 1;
  areSmall.set(key, found);
  return found;
}

const START_OF = { minutes: 'toStartOfMinute', hours: 'toStartOfHour' } as const;

/** Of the rows in the range, or of those in some units of it. Copies change nothing in a set. */
function rowsWithin(question: PlannedSeries, grouping: Grouping, units?: Pick<Parts, 'of' | 'unitsS'>): Condition {
  const { sql, params } = allOf([...columnsAre(selectionOf(question)), ...isWithin('timestamp', question)]);
  const areOfUnits =
    units === undefined
      ? '1'
      : `${START_OF[units.of]}(timestamp, 'UTC') IN (SELECT toDateTime(arrayJoin({cut_rows:Array(UInt32)}), 'UTC'))`;
  const columns = { key: keyOf(question), seconds: 'toUnixTimestamp(timestamp)' };
  return {
    sql: grouping.rows(columns, `FROM events WHERE ${sql} AND ${areOfUnits} AND ${hasKey(question)}`),
    params: { ...params, ...(units === undefined ? {} : { cut_rows: units.unitsS }) },
  };
}

function rangeOf(question: PlannedSeries): Omit<Parts, 'of' | 'unitsS'> {
  const { fromUs, toUs } = question;
  return { selection: allOf(columnsAre(selectionOf(question))), fromS: fromUs / SECOND_US, toS: toUs / SECOND_US };
}

function selectionOf({ application, category, name }: PlannedSeries) {
  return { application, category, name };
}

function keyOf({ by }: PlannedSeries): string {
  return typeof by === 'string' ? `toString(${by})` : `''`;
}

function hasKey({ by }: PlannedSeries): string {
  return typeof by === 'string' ? `${by} != ''` : '1';
}
