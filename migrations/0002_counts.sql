-- What is counted: identities, kept as sets, so that whatever arrives twice counts once, for every (application, category,
-- name). Filled by each INSERT into `events`; server/queries/ reads them, and `hourly` below is for people.
--
-- Two tables, because a set is merged anew whenever it changed: those of identities are per minute, so that an hour of
-- twelve million events changes by one minute at a time (11 to 19 ms, where a set of the hour takes 250); those of users
-- and sessions, which do not add up, are per hour.
CREATE TABLE IF NOT EXISTS minutes{{local}}
(
    minute DateTime('UTC'),
    application LowCardinality(String),
    category LowCardinality(String),
    name LowCardinality(String),
    -- Rows received, copies included. It grows with every change, so it is the version of the set.
    rows SimpleAggregateFunction(sum, UInt64),
    -- 16 bytes an event. With the timestamp, or two events with one id in a minute would be one here and two in `events`.
    ids AggregateFunction(uniqExact, String, DateTime64(6, 'UTC'))
)
ENGINE = {{AggregatingMergeTree}}
ORDER BY (category, name, minute, application)
SETTINGS
    -- A minute is read without its neighbours: of an hour of 100,000 events in 11 ms of the processor instead of 89.
    index_granularity_bytes = 65536,
    -- As for `events`, and for the same reasons. Without partitions: an INSERT is one synced part here, whatever its times.
    non_replicated_deduplication_window = 0,
    replicated_deduplication_window = 0,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS hours{{local}}
(
    hour DateTime('UTC'),
    application LowCardinality(String),
    category LowCardinality(String),
    name LowCardinality(String),
    rows SimpleAggregateFunction(sum, UInt64),
    -- The defaults change nothing where other rows say more.
    first SimpleAggregateFunction(min, DateTime64(6, 'UTC')) DEFAULT toDateTime64('2299-12-31 00:00:00', 6, 'UTC'),
    last SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    -- Events without a user, or without a session, are in neither.
    users AggregateFunction(uniqExact, String),
    sessions AggregateFunction(uniqExact, String),
    -- How many events the service has counted (48 bits), above them at how many rows (48), and above these when (32): good for
    -- as long as the hour has that many rows (server/queries/counted/grown-hours.ts). What was counted last is the largest, so
    -- that it is taken also where there are fewer rows than before, as without a shard. Never written by the view. One number,
    -- because its maximum costs a third of that of a pair.
    counted SimpleAggregateFunction(max, UInt128)
)
ENGINE = {{AggregatingMergeTree}}
ORDER BY (category, name, hour, application)
SETTINGS
    non_replicated_deduplication_window = 0,
    replicated_deduplication_window = 0,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- Views read and write as whoever made them, so that the user that inserts events needs no other right. The same
-- SELECTs are in server/queries/verify/views.ts, for a repair.
CREATE MATERIALIZED VIEW IF NOT EXISTS minutes_view TO minutes{{local}}
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toStartOfMinute(timestamp, 'UTC') AS minute,
    application,
    category,
    name,
    count() AS rows,
    uniqExactState(event_id, timestamp) AS ids
FROM events{{local}}
GROUP BY minute, application, category, name;

CREATE MATERIALIZED VIEW IF NOT EXISTS hours_view TO hours{{local}}
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toStartOfHour(timestamp, 'UTC') AS hour,
    application,
    category,
    name,
    count() AS rows,
    min(timestamp) AS first,
    max(timestamp) AS last,
    uniqExactStateIf(user, notEmpty(user)) AS users,
    uniqExactStateIf(session_id, notEmpty(session_id)) AS sessions
FROM events{{local}}
GROUP BY hour, application, category, name;

-- Every row is counted from now on.
ALTER TABLE events{{local}} RESET SETTING max_parts_in_total;

-- Only read: each shard's views write to its own part, and sets of several shards are merged.
CREATE TABLE IF NOT EXISTS minutes AS minutes_local
ENGINE = Distributed({{cluster}}, currentDatabase(), minutes_local);

CREATE TABLE IF NOT EXISTS hours AS hours_local
ENGINE = Distributed({{cluster}}, currentDatabase(), hours_local);

-- The clicks, impressions and unique users of each UTC hour that has any, for people who write SQL. Counted are those
-- that came as analytics (POST /analytics sends this category): another application's "click" must not move them.
CREATE VIEW IF NOT EXISTS hourly AS
SELECT
    hour,
    sum(clicks) AS clicks,
    sum(impressions) AS impressions,
    max(users) AS unique_users
FROM
(
    SELECT
        toStartOfHour(minute, 'UTC') AS hour,
        sumIf(events, name = 'click') AS clicks,
        sumIf(events, name = 'impression') AS impressions,
        0 AS users
    FROM
    (
        SELECT minute, application, name, uniqExactMerge(ids) AS events
        FROM minutes
        WHERE category = 'analytics' AND name IN ('click', 'impression')
        GROUP BY minute, application, name
    )
    GROUP BY hour
    UNION ALL
    SELECT hour, 0, 0, uniqExactMerge(users)
    FROM hours
    WHERE category = 'analytics' AND name IN ('click', 'impression')
    GROUP BY hour
)
GROUP BY hour
-- Of an hour of which every event was erased, only the key is left.
HAVING clicks + impressions > 0;
