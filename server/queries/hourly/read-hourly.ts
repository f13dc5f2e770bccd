import type { Nodes } from '../../clickhouse/nodes.ts';
import { queryRows, type QuestionLimits } from '../../clickhouse/query.ts';
import type { HourMs } from '../../events/hours.ts';
import { allOf, columnsAre } from '../sql/conditions.ts';

/** A UTC minute, as the milliseconds since the epoch at which it begins. */
export type MinuteMs = number;

/** Clicks and impressions of a minute, or of an hour, and the rows that were received for them, copies included. */
export interface EventCounts {
  readonly rows: number;
  readonly clicks: number;
  readonly impressions: number;
}

export interface UserCounts {
  readonly rows: number;
  readonly uniqueUsers: number;
}

/**
 * What the tables of counts say about clicks and impressions. Hours and minutes without any are left out. In each answer
 * `rows` is read together with the numbers beside it, so it is their version.
 */
export interface HourlyQueries {
  /** How many rows each hour has: cheap, however large it is. */
  readonly hourRows: (hours: readonly HourMs[]) => Promise<ReadonlyMap<HourMs, number>>;
  /** The unique users of each hour, which means to merge a set of all of them. */
  readonly users: (hours: readonly HourMs[]) => Promise<ReadonlyMap<HourMs, UserCounts>>;
  /** The events of each hour, which means to merge the sets of its minutes. */
  readonly events: (hours: readonly HourMs[]) => Promise<ReadonlyMap<HourMs, EventCounts>>;
  readonly minuteRows: (hour: HourMs) => Promise<ReadonlyMap<MinuteMs, number>>;
  readonly minuteEvents: (minutes: readonly MinuteMs[]) => Promise<ReadonlyMap<MinuteMs, EventCounts>>;
}

const MINUTES_OF_HOURS = `
  minute IN (SELECT toDateTime(arrayJoin({hours:Array(UInt32)}) + 60 * arrayJoin(range(60)), 'UTC'))`;

const NARROWER = 'fewer hours at once (from, to)';

/**
 * @param application whose events alone are read; undefined for those of all
 * @param onQuery is told of each query before it is asked
 */
export function hourlyQueries(
  nodes: Nodes,
  limits: QuestionLimits,
  application: string | undefined,
  onQuery: (reads: keyof HourlyQueries) => void = () => undefined,
): HourlyQueries {
  const { sql: selected, params } = allOf([
    { sql: `category = 'analytics' AND name IN ('click', 'impression')`, params: {} },
    ...columnsAre({ application }),
  ]);
  const read = async <T>(
    reads: keyof HourlyQueries,
    sql: string,
    times: Readonly<Record<string, readonly number[]>>,
    shape: (row: Row) => T,
  ): Promise<ReadonlyMap<number, T>> => {
    onQuery(reads);
    const seconds = Object.entries(times).map(([name, list]) => [name, list.map((ms) => ms / 1000)]);
    const rows = await queryRows<Row>(
      nodes,
      sql,
      { ...params, ...Object.fromEntries(seconds) },
      { limits, narrower: NARROWER },
    );
    return new Map(rows.map((row) => [row.time_s * 1000, shape(row)]));
  };
  const ofHours = (columns: string) => `
    SELECT toUnixTimestamp(hour) AS time_s, sum(rows) AS rows${columns}
    FROM hours
    WHERE ${selected} AND hour IN (SELECT toDateTime(arrayJoin({hours:Array(UInt32)}), 'UTC'))
    GROUP BY hour`;
  // Of two applications, events with the same id and time are two: each has a set of its own.
  const ofMinutes = (time: string, condition: string) => `
    SELECT
      toUnixTimestamp(${time}) AS time_s,
      sum(received) AS rows,
      sumIf(events, name = 'click') AS clicks,
      sumIf(events, name = 'impression') AS impressions
    FROM
    (
      SELECT minute, name, sum(rows) AS received, uniqExactMerge(ids) AS events
      FROM minutes
      WHERE ${selected} AND ${condition}
      GROUP BY minute, application, name
    )
    GROUP BY time_s`;
  return {
    hourRows: async (hours) => read('hourRows', ofHours(''), { hours }, rowsOf),
    users: async (hours) => read('users', ofHours(', uniqExactMerge(users) AS unique_users'), { hours }, usersOf),
    events: async (hours) =>
      read('events', ofMinutes(`toStartOfHour(minute, 'UTC')`, MINUTES_OF_HOURS), { hours }, eventsOf),
    minuteRows: async (hour) =>
      read(
        'minuteRows',
        `SELECT toUnixTimestamp(minute) AS time_s, sum(rows) AS rows FROM minutes
         WHERE ${selected} AND ${MINUTES_OF_HOURS} GROUP BY minute`,
        { hours: [hour] },
        rowsOf,
      ),
    minuteEvents: async (minutes) =>
      read(
        'minuteEvents',
        ofMinutes('minute', `minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))`),
        { minutes },
        eventsOf,
      ),
  };
}

interface Row {
  readonly time_s: number;
  readonly rows: string | number;
  readonly clicks?: string | number;
  readonly impressions?: string | number;
  readonly unique_users?: string | number;
}

function rowsOf({ rows }: Row): number {
  return Number(rows);
}

function usersOf({ rows, unique_users: uniqueUsers = 0 }: Row): UserCounts {
  return { rows: Number(rows), uniqueUsers: Number(uniqueUsers) };
}

function eventsOf({ rows, clicks = 0, impressions = 0 }: Row): EventCounts {
  return { rows: Number(rows), clicks: Number(clicks), impressions: Number(impressions) };
}
