import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import { hourlyFromRaw } from './hourly-from-raw.ts';

/** From the first hour up to, not including, the last; seconds since the epoch, both on the hour. */
export interface HourRange {
  readonly fromS: number;
  readonly toS: number;
}

/** How often to ask again about hours that differ, and how long to wait before each time. */
export interface Patience {
  readonly attempts: number;
  readonly pauseMs: number;
}

/** An hour of which the view and the raw events tell different things. */
export interface HourDifference {
  /** Its start, in seconds since the epoch. */
  readonly hourS: number;
  readonly view: HourFigures;
  readonly raw: HourFigures;
  /** Users that are in the view or in the raw events. Equal counts of different users make it larger than either. */
  readonly usersTogether: number;
}

export interface HourFigures {
  readonly clicks: number;
  readonly impressions: number;
  readonly users: number;
}

/**
 * Compares the view with the raw events hour by hour and returns the hours that differ, in order.
 *
 * An INSERT reaches the raw table a moment before the view, and when it fails between the two, the shipper's next try
 * completes it. So hours that differ are asked again, and only those that differ every time are returned.
 */
export async function verifyHourly(
  client: ClickHouseClient,
  range: HourRange,
  { attempts, pauseMs }: Patience,
): Promise<readonly HourDifference[]> {
  let differing = await differingHours(client, range);
  for (let attempt = 0; attempt < attempts && differing.length > 0; attempt += 1) {
    await sleep(pauseMs);
    const before = new Set(differing.map(({ hourS }) => hourS));
    differing = (await differingHours(client, spanOf(differing))).filter(({ hourS }) => before.has(hourS));
  }
  return differing;
}

interface Row {
  readonly hourS: number;
  readonly viewClicks: number;
  readonly viewImpressions: number;
  readonly viewUsers: number;
  readonly rawClicks: number;
  readonly rawImpressions: number;
  readonly rawUsers: number;
  readonly usersTogether: number;
}

/** Two sets of users are the same when each has as many members as both together. */
async function differingHours(client: ClickHouseClient, range: HourRange): Promise<HourDifference[]> {
  const result = await client.query({
    query: `
      SELECT
          toUnixTimestamp(hour) AS hourS,
          sumIf(clicks, side = 'view') AS viewClicks,
          sumIf(impressions, side = 'view') AS viewImpressions,
          uniqExactMergeIf(users, side = 'view') AS viewUsers,
          sumIf(clicks, side = 'raw') AS rawClicks,
          sumIf(impressions, side = 'raw') AS rawImpressions,
          uniqExactMergeIf(users, side = 'raw') AS rawUsers,
          uniqExactMerge(users) AS usersTogether
      FROM
      (
          SELECT 'view' AS side, hour, toUInt64(clicks) AS clicks, toUInt64(impressions) AS impressions, users
          FROM hourly
          WHERE hour >= toDateTime({from:UInt32}, 'UTC') AND hour < toDateTime({to:UInt32}, 'UTC')
          UNION ALL
          SELECT 'raw' AS side, hour, clicks, impressions, users
          FROM (${hourlyFromRaw('events')})
      )
      GROUP BY hour
      HAVING viewClicks != rawClicks OR viewImpressions != rawImpressions
          OR viewUsers != usersTogether OR rawUsers != usersTogether
      ORDER BY hour`,
    query_params: { from: range.fromS, to: range.toS },
    format: 'JSONEachRow',
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 0,
      // All of history may be asked for: the users of its hours go to disk when they get many.
      max_bytes_before_external_group_by: '500000000',
      max_execution_time: 3600,
    },
  });
  return (await result.json<Row>()).map(shape);
}

function shape(row: Row): HourDifference {
  return {
    hourS: row.hourS,
    view: { clicks: row.viewClicks, impressions: row.viewImpressions, users: row.viewUsers },
    raw: { clicks: row.rawClicks, impressions: row.rawImpressions, users: row.rawUsers },
    usersTogether: row.usersTogether,
  };
}

const HOUR_S = 3600;

function spanOf(differing: readonly HourDifference[]): HourRange {
  return { fromS: differing[0]?.hourS ?? 0, toS: (differing.at(-1)?.hourS ?? -HOUR_S) + HOUR_S };
}
