-- Every accepted event, as it was sent: the truth that all other tables are derived from.
--
-- Identity is (application, event_id, category, name, timestamp). Rows with one identity are one event: whatever sends a
-- row again (a client, a retry of the shipper, a restored journal) adds a copy here that merges remove in their own time,
-- and nothing that counts counts rows. So no INSERT needs to be told from another, and ClickHouse's own deduplication of
-- inserts is off: it remembers an INSERT before the part is in place, and would swallow the retry after a crash.
--
-- On a cluster this is a node's own part, `events_local`, and `events` stands over all of them, below. What the words in
-- double braces become: placeholders.ts.
CREATE TABLE IF NOT EXISTS events{{local}}
(
    -- When it happened, as the sender says; microseconds are kept. This and `user` are what questions read of each event: with
    -- LZ4 users by week take 13 to 17 % less than with ZSTD, for 5 bytes an event, or 19 where users are UUIDs.
    timestamp DateTime64(6, 'UTC') CODEC(Delta, LZ4),
    -- When this service accepted it.
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    -- The sender's, or made by the service before the event was made durable.
    event_id String CODEC(ZSTD(1)),
    application LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user String CODEC(LZ4),
    category LowCardinality(String),
    name LowCardinality(String),
    -- The exact text that was sent. The JSON type is not lossless (it drops nulls, rewrites date-like strings), and
    -- it refuses some valid JSON, so it is never what we store, only what we derive.
    data String CODEC(ZSTD(3)),
    -- Whether `payload` may be made of it: the service says no to what would be too costly (server/events/data/typed-paths.ts).
    typed UInt8 DEFAULT 1,
    -- Which paths of `data` lead to objects and arrays: `,venue,event,tags,`. Where it is not empty, `payload` says of every other
    -- path what the text says, to the letter, and questions read that in a thirtieth of the time (server/events/data/shape.ts).
    shape LowCardinality(String) DEFAULT '',
    -- The same, typed, for questions such as payload.venue.name. JSONExtract gives {} where a cast would fail the
    -- whole insert. Each path up to the limit is a column of its own; rarer ones share one.
    payload JSON(max_dynamic_paths = 256)
        MATERIALIZED JSONExtract(if(typed = 1, data, '{}'), 'JSON(max_dynamic_paths = 256)'),
    -- Of rows with one identity a merge keeps the largest: the one that was received first.
    precedence UInt64 MATERIALIZED bitNot(toUInt64(toUnixTimestamp64Micro(received_at))) CODEC(Delta, ZSTD(1)),

    -- The key is made for questions by category and name, so a session, or a user, is found by elimination. Measured with 10
    -- million events: 55 ms for the 20 events of a session, for 12 MiB of index; a projection took 200 ms and 140 MiB.
    INDEX session session_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX user user TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{ReplacingMergeTree(precedence)}}
-- Each partition that an INSERT touches is a synced part. Measured with 400 events spread over 50 years: 6.3 s by month,
-- 1.0 s by year, 0.3 s like this. The zone is written out: years would otherwise be cut in the server's zone.
PARTITION BY if(toYear(timestamp, 'UTC') < 2020, intDiv(toYear(timestamp, 'UTC'), 10), toYear(timestamp, 'UTC'))
PRIMARY KEY (category, name, timestamp)
ORDER BY (category, name, timestamp, application, event_id)
SETTINGS
    -- No row is taken before the views of 0002_counts.sql stand, which would never see it: servers send to a shard that is
    -- added as soon as it has this table. Refused like this, an INSERT waits and is sent again.
    max_parts_in_total = 0,
    non_replicated_deduplication_window = 0,
    replicated_deduplication_window = 0,
    -- RETENTION_DAYS is a TTL of this table: what is too old goes within the hour.
    merge_with_ttl_timeout = 3600,
    -- A part with thousands of files costs more than it saves; most parts of a day are smaller than this.
    min_bytes_for_wide_part = 1073741824,
    -- The journal deletes a segment once ClickHouse has acknowledged it, so the answer must wait for the disk.
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- Copies of an event meet on one shard for as long as the list of shards stays the same; nothing depends on it.
CREATE TABLE IF NOT EXISTS events AS events_local
ENGINE = Distributed({{cluster}}, currentDatabase(), events_local, cityHash64(application, event_id));

-- The events without their copies, for people who write SQL. A shard knows its own copies alone, so on a cluster (this
-- statement is for {{cluster}}) the first received is looked for over all of them.
CREATE VIEW IF NOT EXISTS deduplicated_events AS
SELECT timestamp, received_at, event_id, application, session_id, user, category, name, data, payload
FROM events
ORDER BY received_at
LIMIT 1 BY category, name, timestamp, application, event_id;

-- On one server merging while reading is enough. After the statement above, this one changes nothing.
CREATE VIEW IF NOT EXISTS deduplicated_events AS
SELECT timestamp, received_at, event_id, application, session_id, user, category, name, data, payload
FROM events FINAL;
