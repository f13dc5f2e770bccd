import type { ClickHouseClient } from '../../server/clickhouse/client.ts';
import { EACH_INSERT, INSERT_SETTINGS } from '../../server/clickhouse/insert-settings.ts';
import { pause } from '../../server/common/retry.ts';
import { grownHours } from '../../server/queries/counted/grown-hours.ts';

/** When the first of the made events happened, and over how long a time they are spread. */
export const FIRST_MS = Date.UTC(2025, 0, 1);
export const SPAN_MS = 365 * 24 * 3600 * 1000;
/** About one event in 100,000 has this name. */
export const RARE_NAME = 'refund';

const CHUNK_ROWS = 500_000;
const EVENTS_PER_SESSION = 10;
const QUIET_WITHIN_MS = 300_000;

const FILL = `
  INSERT INTO events (timestamp, received_at, event_id, application, session_id, user, category, name, shape, data)
  WITH
    [('page interaction', 'pageview'), ('page interaction', 'pageview'), ('page interaction', 'pageview'),
     ('page interaction', 'scroll'), ('page interaction', 'cta click'), ('form interaction', 'focus'),
     ('form interaction', 'submit'), ('form interaction', 'abandon'), ('commerce', 'add to cart'),
     ('commerce', 'checkout'), ('commerce', 'purchase'), ('video', 'play'), ('video', 'pause'),
     ('search', 'query'), ('search', 'result click'), ('account', 'login')] AS kinds,
    cityHash64(number) AS random,
    intDiv(number, ${EVENTS_PER_SESSION}) AS session,
    number % ${EVENTS_PER_SESSION} AS step,
    {first_us:UInt64} + session * {session_us:UInt64} + step * 20000000 + random % 20000000 AS happened_us,
    if(random % 100000 = 0, ('commerce', '${RARE_NAME}'), kinds[1 + intDiv(random, 7) % 16]) AS kind
  SELECT
    fromUnixTimestamp64Micro(toInt64(happened_us)),
    fromUnixTimestamp64Micro(toInt64(happened_us + 300000 + intDiv(random, 11) % 900000)),
    toString(generateUUIDv7(number)),
    ['shop', 'blog', 'app'][1 + session % 3],
    toString(reinterpretAsUUID(sipHash128(session))),
    concat('user-', toString(cityHash64(session) % 200000)),
    kind.1,
    kind.2,
    ',viewport,',
    concat(
      '{"host":"www.example.com","path":"/products/', toString(random % 5000),
      '","element":"', ['buy', 'chat bubble', 'menu', 'footer'][1 + number % 4],
      '","viewport":{"width":', toString(320 + session % 1600), ',"height":', toString(480 + session % 1000),
      '},"referrer":', if(step = 0, '"https://search.example.com/"', 'null'), ',"step":', toString(step), '}')
  FROM numbers({from:UInt64}, {rows:UInt64})
`;

/**
 * Makes `rows` events: ten a session, in the order of time, spread evenly over a year; half a million an INSERT.
 * @param onProgress is told how many there are so far
 */
export async function fillEvents(
  client: ClickHouseClient,
  rows: number,
  onProgress: (rows: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const sessionUs = Math.floor((SPAN_MS * 1000) / Math.ceil(rows / EVENTS_PER_SESSION));
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    signal.throwIfAborted();
    const chunk = Math.min(CHUNK_ROWS, rows - from);
    await client.command({
      query: FILL,
      query_params: { from, rows: chunk, first_us: FIRST_MS * 1000, session_us: sessionUs },
      // As the service inserts, or the shape would not be true.
      clickhouse_settings: INSERT_SETTINGS,
    });
    onProgress(from + chunk);
  }
}

/** Makes `rows` rejected events, the newest of now, over the 25 days before it. */
export async function fillRejected(client: ClickHouseClient, rows: number): Promise<void> {
  await client.command({
    query: `
      INSERT INTO rejected_events (received_at, event_id, application, reason, errors, payload)
      SELECT
        now64(6) - toIntervalMicrosecond(intDiv(number * 2160000000000, {rows:UInt64})),
        toString(generateUUIDv7(number)),
        ['shop', 'blog', 'app'][1 + number % 3],
        ['malformed', 'shape', 'schema', 'timestamp'][1 + cityHash64(number) % 4],
        '[{"path":"data.n","message":"received nothing, expected a number"}]',
        concat('{"session_id":"s', toString(number), '","category":"commerce","name":"purchase","data":{}}')
      FROM numbers({rows:UInt64})`,
    query_params: { rows },
    clickhouse_settings: EACH_INSERT,
  });
}

/**
 * Waits until ClickHouse has merged what it wants to merge, and the service beside it has counted all hours and kept what
 * it counted; for five minutes at most.
 */
export async function untilQuiet(client: ClickHouseClient, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + QUIET_WITHIN_MS;
  for (let quiet = 0; quiet < 3 && performance.now() < deadlineMs && !signal.aborted;) {
    const result = await client.query({
      query: `SELECT (SELECT count() FROM system.merges) + (SELECT count() FROM (${grownHours('1')}))`,
      format: 'TabSeparated',
    });
    quiet = (await result.text()).trim() === '0' ? quiet + 1 : 0;
    await pause(1000, signal);
  }
}
