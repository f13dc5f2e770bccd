import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows } from '../clickhouse/query.ts';
import type { HourMs } from '../events/hours.ts';
import type { HourlyCounts } from './hourly-counts.ts';

const COUNTERS = `
  SELECT toUnixTimestamp(hour) AS hour_s, sum(clicks) AS clicks, sum(impressions) AS impressions
  FROM hourly
  WHERE hour IN (SELECT toDateTime(arrayJoin({hours:Array(UInt32)}), 'UTC'))
  GROUP BY hour
`;

const COUNTS = `
  SELECT toUnixTimestamp(hour) AS hour_s, sum(clicks) AS clicks, sum(impressions) AS impressions,
    uniqExactMerge(users) AS unique_users
  FROM hourly
  WHERE hour IN (SELECT toDateTime(arrayJoin({hours:Array(UInt32)}), 'UTC'))
  GROUP BY hour
`;

/** Clicks and impressions of the hours, without those that have neither: cheap, however large the hours are. */
export async function readCounters(nodes: Nodes, hours: readonly HourMs[]): Promise<HourlyCounts[]> {
  return await read(nodes, COUNTERS, hours);
}

/** The same with the unique users, which means to merge a set of every user of the hour. */
export async function readCounts(nodes: Nodes, hours: readonly HourMs[]): Promise<HourlyCounts[]> {
  return await read(nodes, COUNTS, hours);
}

interface Row {
  readonly hour_s: number;
  readonly clicks: string | number;
  readonly impressions: string | number;
  readonly unique_users?: string | number;
}

async function read(nodes: Nodes, query: string, hours: readonly HourMs[]): Promise<HourlyCounts[]> {
  const rows = await queryRows<Row>(nodes, query, { hours: hours.map((hour) => hour / 1000) });
  return rows.map((row) => ({
    hour: row.hour_s * 1000,
    clicks: Number(row.clicks),
    impressions: Number(row.impressions),
    uniqueUsers: Number(row.unique_users ?? 0),
  }));
}
