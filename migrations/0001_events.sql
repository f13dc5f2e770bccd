-- Every accepted event, once, as it was sent. The truth that all other tables are derived from.
--
-- Sent by the shipper, one segment of its journal an INSERT, under insert_deduplication_token = the segment's name.
--
-- On a cluster this is a node's own part, `events_local`, and `events` stands over all of them, below. What the words in
-- double braces become: placeholders.ts.
CREATE TABLE IF NOT EXISTS events{{local}}
(
    -- When it happened, as the sender says; microseconds are kept.
    timestamp DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    -- When this service accepted it.
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    application LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    category LowCardinality(String),
    name LowCardinality(String),
    -- The exact text that was sent. The JSON type is not lossless (it drops nulls, rewrites date-like strings), and
    -- it refuses some valid JSON, so it is never what we store, only what we derive.
    data String CODEC(ZSTD(3)),
    -- The same, typed, for questions such as payload.venue.name. JSONExtract gives {} where a cast would fail the
    -- whole insert. Each path up to the limit is a column of its own; rarer ones share one.
    payload JSON(max_dynamic_paths = 256) MATERIALIZED JSONExtract(data, 'JSON(max_dynamic_paths = 256)'),
    -- The segment that brought it: the shipper sends the segment's name as query_id. Not LowCardinality: names never
    -- repeat across segments, and small segments would make its dictionary twice the size of the plain column.
    batch String DEFAULT initialQueryID() CODEC(ZSTD(1)),

    -- The key is made for questions by category and name, so a session is found by elimination. Measured with 10
    -- million events: 55 ms for the 20 events of a session, for 12 MiB of index; a projection took 200 ms and 140 MiB.
    INDEX session session_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{MergeTree}}
-- The zone is written out: cut in the server's zone, months would not be the months of the UTC hours.
PARTITION BY toYYYYMM(timestamp, 'UTC')
ORDER BY (category, name, timestamp)
SETTINGS
    -- What is remembered of the latest inserts: a segment that is sent again is counted once. An insert takes one entry
    -- for each partition that it touches. Measured: 100,000 in both tables are 46 MB of memory and 0.2 s at a start;
    -- a million would be 440 MB and 5 s.
    non_replicated_deduplication_window = 100000,
    -- The same for tables with replicas, which share what they remember; the default is an hour. Not measured.
    replicated_deduplication_window = 100000,
    replicated_deduplication_window_seconds = 2592000,
    -- The journal deletes a segment once ClickHouse has acknowledged it, so the answer must wait for the disk.
    fsync_after_insert = 1,
    fsync_part_directory = 1;

-- A user's events share a shard; those without a user go by their session, or they would all be on one. The key may never
-- change, nor the list of shards while segments wait: a segment that is sent again must be cut in the same way.
CREATE TABLE IF NOT EXISTS events AS events_local
ENGINE = Distributed({{cluster}}, currentDatabase(), events_local, cityHash64(if(user = '', session_id, user)));
