-- What POST /events did not accept, as it was received and with the reasons, so that a person can see it.
--
-- Newest first is the only order that is asked for, so it is the key, and `reason` and `application` are filters over
-- it: the table is kept small, below. A rejection has an identity, too, (received_at, event_id): sent again, it is one.
CREATE TABLE IF NOT EXISTS rejected_events{{local}}
(
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    -- Of the rejection, given by this service and unique; what was rejected may have none.
    event_id String CODEC(ZSTD(1)),
    -- Of the key that sent it; empty without a key.
    application LowCardinality(String),
    -- One of a closed list: server/events/rejection.ts.
    reason LowCardinality(String),
    -- JSON text: [{"path": ..., "message": ...}].
    errors String CODEC(ZSTD(3)),
    -- The exact text, cut at a limit with a mark that says how long it was. Bytes that are not UTF-8 are shown as U+FFFD,
    -- and then `errors` says so.
    payload String CODEC(ZSTD(3))
)
ENGINE = {{ReplacingMergeTree}}
-- By day, so that the TTL drops whole parts and a page of the newest reads one or two of them.
PARTITION BY toYYYYMMDD(received_at, 'UTC')
ORDER BY (received_at, event_id)
-- Long enough to be noticed after a holiday, to be fixed at the sender, and to be sent again. Without an end, a sender
-- that is wrong for ever would fill the disk.
TTL toDateTime(received_at, 'UTC') + INTERVAL 30 DAY
SETTINGS
    ttl_only_drop_parts = 1,
    -- As for `events`, and for the same reasons.
    non_replicated_deduplication_window = 0,
    replicated_deduplication_window = 0,
    fsync_after_insert = 1,
    fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS rejected_events AS rejected_events_local
ENGINE = Distributed({{cluster}}, currentDatabase(), rejected_events_local, cityHash64(event_id));
