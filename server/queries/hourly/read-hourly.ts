import type { Nodes } from '../../clickhouse/nodes.ts';
import { queryRows, type QuestionLimits } from '../../clickhouse/query.ts';
import type { HourMs } from '../../events/hours.ts';
import { eventsOfMinutes, HOUR_OF_MINUTE, versionOf } from '../counted/grown-hours.ts';
import { allOf, columnsAre } from '../sql/conditions.ts';

/** A UTC minute, as the milliseconds since the epoch at which it begins. */
export type MinuteMs = number;

/** Clicks and impressions of a minute, or of an hour. */
export interface EventCounts {
  readonly version: bigint;
  readonly clicks: number;
  readonly impressions: number;
}

export interface UserCounts {
  readonly version: bigint;
  readonly uniqueUsers: number;
}

/**
 * What the tables of counts say about clicks and impressions. Hours and minutes without any are left out. A version is that
 * of the rows that the numbers beside it were read from, and that of an hour the sum of those of its minutes (`versionOf`).
 */
export interface HourlyQueries {
  /** Cheap, however large the hours are. */
  readonly hourVersions: (hours: readonly HourMs[]) => Promise<ReadonlyMap<HourMs, bigint>>;
  /** The unique users of each hour, which means to merge a set of all of them. */
  readonly users: (hours: readonly HourMs[]) => Promise<ReadonlyMap<HourMs, UserCounts>>;
  /** The events of each hour, which means to merge the sets of its minutes. */
  readonly events: (hours: readonly HourMs[]) => Promise<ReadonlyMap<HourMs, EventCounts>>;
  readonly minuteVersions: (hour: HourMs) => Promise<ReadonlyMap<MinuteMs, bigint>>;
  readonly minuteEvents: (minutes: readonly MinuteMs[]) => Promise<ReadonlyMap<MinuteMs, EventCounts>>;
}

const MINUTES_OF_HOURS = `
  minute IN (SELECT toDateTime(arrayJoin({times:Array(UInt32)}) + 60 * arrayJoin(range(60)), 'UTC'))`;

/** So many are named in a query: ClickHouse refuses a parameter of more than 128 KiB. */
const MAX_TIMES = 5_000;

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
  /** @param sql over the parameter `times` */
  const read = async <T>(
    reads: keyof HourlyQueries,
    sql: string,
    timesMs: readonly number[],
    shape: (row: Row) => T,
  ): Promise<ReadonlyMap<number, T>> => {
    const found = new Map<number, T>();
    for (let at = 0; at < timesMs.length; at += MAX_TIMES) {
      onQuery(reads);
      const times = timesMs.slice(at, at + MAX_TIMES).map((ms) => ms / 1000);
      const rows = await queryRows<Row>(nodes, sql, { ...params, times }, { limits, narrower: NARROWER });
      for (const row of rows) found.set(row.time_s * 1000, shape(row));
    }
    return found;
  };
  const ofHours = (columns: string) => `
    SELECT toUnixTimestamp(hour) AS time_s, ${versionOf('hour', 'rows')} AS version${columns}
    FROM hours
    WHERE ${selected} AND hour IN (SELECT toDateTime(arrayJoin({times:Array(UInt32)}), 'UTC'))
    GROUP BY hour`;
  const ofMinutes = (time: string, condition: string) => `
    SELECT
      toUnixTimestamp(${time}) AS time_s,
      ${versionOf(HOUR_OF_MINUTE, 'received')} AS version,
      sumIf(events, name = 'click') AS clicks,
      sumIf(events, name = 'impression') AS impressions
    FROM (${eventsOfMinutes(`${selected} AND ${condition}`)})
    GROUP BY time_s`;
  return {
    hourVersions: async (hours) => read('hourVersions', ofHours(''), hours, versionIn),
    users: async (hours) => read('users', ofHours(', uniqExactMerge(users) AS uniqueUsers'), hours, usersOf),
    events: async (hours) => read('events', ofMinutes(HOUR_OF_MINUTE, MINUTES_OF_HOURS), hours, eventsOf),
    minuteVersions: async (hour) =>
      read(
        'minuteVersions',
        `SELECT toUnixTimestamp(minute) AS time_s, ${versionOf(HOUR_OF_MINUTE, 'rows')} AS version FROM minutes
         WHERE ${selected} AND ${MINUTES_OF_HOURS} GROUP BY minute`,
        [hour],
        versionIn,
      ),
    minuteEvents: async (minutes) =>
      read(
        'minuteEvents',
        ofMinutes('minute', `minute IN (SELECT toDateTime(arrayJoin({times:Array(UInt32)}), 'UTC'))`),
        minutes,
        eventsOf,
      ),
  };
}

interface Row {
  readonly time_s: number;
  readonly version: string;
  readonly clicks?: number;
  readonly impressions?: number;
  readonly uniqueUsers?: number;
}

function versionIn({ version }: Row): bigint {
  return BigInt(version);
}

function usersOf({ version, uniqueUsers = 0 }: Row): UserCounts {
  return { version: BigInt(version), uniqueUsers };
}

function eventsOf({ version, clicks = 0, impressions = 0 }: Row): EventCounts {
  return { version: BigInt(version), clicks, impressions };
}
