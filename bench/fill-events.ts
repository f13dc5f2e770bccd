import type { ClickHouseClient } from '../server/clickhouse/client.ts';

/** Made events: ten a session, in the order of time, spread evenly over twelve months. */
export interface MadeEvents {
  readonly rows: number;
  /** The id of a session. */
  readonly sessionSql: (session: number) => string;
}

export const FIRST_MS = Date.UTC(2025, 0, 1);
export const SPAN_MS = 365 * 24 * 3600 * 1000;
export const EVENTS_PER_SESSION = 10;
/** About one event in 100,000 has this name. */
export const RARE_NAME = 'refund';

const CHUNK_ROWS = 500_000;

/** The id of a session, as SQL of its number. */
export const SESSION_ID = 'toString(reinterpretAsUUID(sipHash128({session}::UInt64)))';

const FILL = `
  INSERT INTO events (timestamp, received_at, event_id, application, session_id, user, category, name, data)
  WITH
    [('page interaction', 'pageview'), ('page interaction', 'pageview'), ('page interaction', 'pageview'),
     ('page interaction', 'scroll'), ('page interaction', 'cta click'), ('form interaction', 'focus'),
     ('form interaction', 'submit'), ('form interaction', 'abandon'), ('commerce', 'add to cart'),
     ('commerce', 'checkout'), ('commerce', 'purchase'), ('video', 'play'), ('video', 'pause'),
     ('search', 'query'), ('search', 'result click'), ('account', 'login')] AS kinds,
    cityHash64(number) AS random,
    intDiv(number, {per_session:UInt64}) AS session,
    number % {per_session:UInt64} AS step,
    {first_us:UInt64} + intDiv(number, {per_session:UInt64}) * {session_us:UInt64} + step * 20000000
      + random % 20000000 AS happened_us,
    if(random % 100000 = 0, ('commerce', '${RARE_NAME}'), kinds[1 + intDiv(random, 7) % 16]) AS kind
  SELECT
    fromUnixTimestamp64Micro(toInt64(happened_us)),
    fromUnixTimestamp64Micro(toInt64(happened_us + 300000 + intDiv(random, 11) % 900000)),
    toString(generateUUIDv7(number)),
    ['shop', 'blog', 'app'][1 + session % 3],
    ${SESSION_ID.replace('{session}::UInt64', 'session')},
    concat('user-', toString(cityHash64(session) % 200000)),
    kind.1,
    kind.2,
    concat(
      '{"host":"www.example.com","path":"/products/', toString(random % 5000),
      '","element":"', ['buy', 'chat bubble', 'menu', 'footer'][1 + number % 4],
      '","viewport":{"width":', toString(320 + session % 1600), ',"height":', toString(480 + session % 1000),
      '},"referrer":', if(step = 0, '"https://search.example.com/"', 'null'), ',"step":', toString(step), '}')
  FROM numbers({from:UInt64}, {rows:UInt64})
`;

/**
 * Makes `rows` events in the table `events`, in inserts of half a million, and waits until ClickHouse has merged them.
 * @param onProgress is told how many there are so far
 */
export async function fillEvents(
  client: ClickHouseClient,
  rows: number,
  onProgress: (rows: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const sessions = Math.ceil(rows / EVENTS_PER_SESSION);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    signal.throwIfAborted();
    await client.command({
      query: FILL,
      query_params: {
        from,
        rows: Math.min(CHUNK_ROWS, rows - from),
        per_session: EVENTS_PER_SESSION,
        first_us: FIRST_MS * 1000,
        session_us: Math.floor((SPAN_MS * 1000) / sessions),
      },
      clickhouse_settings: { async_insert: 0, insert_deduplicate: 0 },
    });
    onProgress(Math.min(rows, from + CHUNK_ROWS));
  }
}
