import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseSettings } from '@clickhouse/client';
import { rowsOf, type ClickHouseClient } from '../../clickhouse/client.ts';
import { DAY_S, HOUR_S } from '../../common/units.ts';
import type { HoursBetween } from '../counted/grown-hours.ts';
import { NO_IDS, NOBODY } from './views.ts';

/** How often to ask again about hours that differ, and how long to wait before each time. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly pauseMs: number;
}

/** How many members a set has in the tables of counts, in the raw events, and in the union of both. */
export interface Sets {
  readonly view: number;
  readonly raw: number;
  /** Equal counts of different members make it larger than either. */
  readonly union: number;
}

/** An hour of an (application, category, name) of which the counts and the raw events tell different things. */
export interface Difference {
  /** Its start, in seconds since the epoch. */
  readonly hourS: number;
  readonly application: string;
  readonly category: string;
  readonly name: string;
  readonly events: Sets;
  readonly users: Sets;
  readonly sessions: Sets;
  /** Whether there is no raw event at all of the hour, of whatever name: what is counted is all that is left of them. */
  readonly isRawGone: boolean;
}

/** Whether the counts have something that the raw events have not. */
export function hasMore({ events, users, sessions }: Difference): boolean {
  return [events, users, sessions].some(({ raw, union }) => union > raw);
}

/** Whether the counts lack something that the raw events have. */
export function hasLess({ events, users, sessions }: Difference): boolean {
  return [events, users, sessions].some(({ view, union }) => union > view);
}

/**
 * Compares the counts with the raw events, hour by hour, and returns what differs, in order. Of an event with copies the first
 * received says who did it, on each shard: of the others nobody knows when a merge removes them.
 *
 * An INSERT reaches the raw table a moment before the others, and when it fails between them, the shipper's next try
 * completes it. So what differs is asked again, and only what differs every time is returned.
 * @throws what ClickHouse or the network says
 */
export async function verifyCounts(
  client: ClickHouseClient,
  range: HoursBetween,
  { attempts, pauseMs }: RetryPolicy,
): Promise<readonly Difference[]> {
  let differing: Difference[] = [];
  for (const part of await partsOf(client, range)) differing.push(...(await differencesIn(client, part)));
  for (let attempt = 0; attempt < attempts && differing.length > 0; attempt += 1) {
    await sleep(pauseMs);
    const before = new Set(differing.map(keyOf));
    const again: Difference[] = [];
    for (const part of await partsOf(client, spanOf(differing))) again.push(...(await differencesIn(client, part)));
    differing = again.filter((difference) => before.has(keyOf(difference)));
  }
  return differing;
}

/** About so many rows are compared at once: bounds the memory of the sets. */
const ROWS_AT_ONCE = 1_000_000;
const SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  // A day may be large: its sets go to disk when they get many.
  max_bytes_before_external_group_by: '500000000',
  max_execution_time: 3600,
};

/** The range in pieces, without what no table has. */
async function partsOf(client: ClickHouseClient, { fromS, toS }: HoursBetween): Promise<HoursBetween[]> {
  const days = await rowsOf<{ readonly dayS: number; readonly rowsThen: number }>(
    client,
    `
    SELECT toUnixTimestamp(day) AS dayS, max(rows_then) AS rowsThen
    FROM
    (
        SELECT toStartOfDay(hour, 'UTC') AS day, sum(rows) AS rows_then FROM hours WHERE ${HOURS} GROUP BY day
        UNION ALL
        SELECT toStartOfDay(minute, 'UTC') AS day, sum(rows) AS rows_then FROM minutes WHERE ${MINUTES} GROUP BY day
        UNION ALL
        SELECT toDateTime(toStartOfDay(timestamp, 'UTC'), 'UTC') AS day, count() AS rows_then FROM events
        WHERE ${EVENTS} GROUP BY day
    )
    GROUP BY day
    ORDER BY day`,
    { fromS, toS },
    SETTINGS,
  );
  const parts: HoursBetween[] = [];
  let rows = ROWS_AT_ONCE;
  for (const { dayS, rowsThen } of days) {
    const last = parts.at(-1);
    const end = Math.min(toS, dayS + DAY_S);
    if (last === undefined || rows >= ROWS_AT_ONCE) {
      parts.push({ fromS: Math.max(fromS, dayS), toS: end });
      rows = 0;
    } else parts[parts.length - 1] = { ...last, toS: end };
    rows += rowsThen;
  }
  return parts;
}

const FROM = `toDateTime({fromS:UInt32}, 'UTC')`;
const TO = `toDateTime({toS:UInt32}, 'UTC')`;
const HOURS = `hour >= ${FROM} AND hour < ${TO}`;
const MINUTES = `minute >= ${FROM} AND minute < ${TO}`;
const EVENTS = `timestamp >= toDateTime64({fromS:UInt32}, 6, 'UTC') AND timestamp < toDateTime64({toS:UInt32}, 6, 'UTC')`;

const KEY = 'application, category, name';

const MEMBERS = ['events', 'users', 'sessions'] as const satisfies readonly (keyof Difference)[];

/** SQL of the `Sets` of each. */
const SETS = MEMBERS.map((member) => {
  const set = `of_${member}`;
  return `
      CAST(
          (uniqExactMergeIf(${set}, is_view), uniqExactMergeIf(${set}, NOT is_view), uniqExactMerge(${set})),
          'Tuple(view UInt64, raw UInt64, union UInt64)') AS ${member}`;
});

/** Two sets are the same when each has as many members as the union of both. */
const DIFFER = MEMBERS.map((member) => `${member}.view != ${member}.union OR ${member}.raw != ${member}.union`);

const COMPARED = `
  SELECT
      toUnixTimestamp(hour) AS hourS, ${KEY}, ${SETS.join(', ')},
      sum(events.raw) OVER (PARTITION BY hourS) = 0 AS isRawGone
  FROM
  (
      SELECT
          true AS is_view, toStartOfHour(minute, 'UTC') AS hour, ${KEY},
          ids AS of_events, ${NOBODY} AS of_users, ${NOBODY} AS of_sessions
      FROM minutes
      WHERE ${MINUTES}
      UNION ALL
      SELECT true AS is_view, hour, ${KEY}, ${NO_IDS} AS of_events, users AS of_users, sessions AS of_sessions
      FROM hours
      WHERE ${HOURS}
      UNION ALL
      SELECT
          false AS is_view, toStartOfHour(timestamp, 'UTC') AS hour, ${KEY},
          uniqExactState(event_id, timestamp) AS of_events,
          uniqExactStateIf(user, notEmpty(user)) AS of_users,
          uniqExactStateIf(session_id, notEmpty(session_id)) AS of_sessions
      FROM events FINAL
      WHERE ${EVENTS}
      GROUP BY hour, ${KEY}
  )
  GROUP BY hour, ${KEY}`;

const DIFFERENCES = `SELECT * FROM (${COMPARED}) WHERE ${DIFFER.join(' OR ')} ORDER BY hourS, ${KEY}`;

async function differencesIn(client: ClickHouseClient, { fromS, toS }: HoursBetween): Promise<Difference[]> {
  return await rowsOf<Difference>(client, DIFFERENCES, { fromS, toS }, SETTINGS);
}

function keyOf({ hourS, application, category, name }: Difference): string {
  return JSON.stringify([hourS, application, category, name]);
}

function spanOf(differing: readonly Difference[]): HoursBetween {
  return { fromS: differing[0]?.hourS ?? 0, toS: (differing.at(-1)?.hourS ?? -HOUR_S) + HOUR_S };
}
