/**
 * What `hourly` must hold, from the raw events: one row an hour, with the columns of that table. The same question as
 * the materialized view's (migrations/0002_hourly.sql), here for the hours from `{from:UInt32}` up to `{to:UInt32}`, in
 * seconds since the epoch, both on the hour.
 * @param events the table to read: all events, or the part of them that one node has
 */
export function hourlyFromRaw(events: string): string {
  return `
  SELECT
      toStartOfHour(timestamp, 'UTC') AS hour,
      countIf(name = 'click') AS clicks,
      countIf(name = 'impression') AS impressions,
      uniqExactState(user) AS users
  FROM ${events}
  WHERE category = 'analytics' AND name IN ('click', 'impression')
      AND timestamp >= toDateTime64({from:UInt32}, 6, 'UTC') AND timestamp < toDateTime64({to:UInt32}, 6, 'UTC')
  GROUP BY hour`;
}
