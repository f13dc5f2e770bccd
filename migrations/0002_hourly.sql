-- Clicks, impressions and unique users of each UTC hour, kept up to date by each insert into `events`.
CREATE TABLE IF NOT EXISTS hourly{{local}}
(
    hour DateTime('UTC'),
    clicks SimpleAggregateFunction(sum, UInt64),
    impressions SimpleAggregateFunction(sum, UInt64),
    users AggregateFunction(uniqExact, String)
)
ENGINE = {{AggregatingMergeTree}}
-- By year, not by month: an import of many years then makes tens of parts, not hundreds.
PARTITION BY toYear(hour, 'UTC')
ORDER BY hour
SETTINGS
    -- The same as for `events`, and for the same reasons: both are written by one INSERT and retried as one.
    non_replicated_deduplication_window = 100000,
    replicated_deduplication_window = 100000,
    replicated_deduplication_window_seconds = 2592000,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- Counted are the clicks and impressions that came as analytics (POST /analytics sends this category). An event that
-- POST /events brings counts only when it names this category itself: another application's "click" must not move
-- the figures of this one.
--
-- Each counted event is either a click or an impression, so clicks + impressions is the number of events of an hour,
-- which only grows: readers use it as the version number of its unique users.
--
-- The view reads and writes as whoever made it, so that the user that inserts events needs no other right.
CREATE MATERIALIZED VIEW IF NOT EXISTS hourly_view TO hourly{{local}}
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toStartOfHour(timestamp, 'UTC') AS hour,
    countIf(name = 'click') AS clicks,
    countIf(name = 'impression') AS impressions,
    uniqExactState(user) AS users
FROM events{{local}}
WHERE category = 'analytics' AND name IN ('click', 'impression')
GROUP BY hour;

-- Only read: each shard's view writes to its own part. A user whose events are on several shards counts once, because the
-- sets of users are merged.
CREATE TABLE IF NOT EXISTS hourly AS hourly_local
ENGINE = Distributed({{cluster}}, currentDatabase(), hourly_local);
