import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import type { EventRow } from './insert-events.ts';
import { rowsOf } from './stored.ts';

/** What is counted of one (hour, application, category, name); times in microseconds since the epoch. */
export interface Counted {
  readonly key: string;
  readonly events: number;
  readonly users: number;
  readonly sessions: number;
  readonly first: number;
  readonly last: number;
}

/** Counts events as the service must: each identity once. */
export class CountedModel {
  readonly #events = new Map<string, EventRow>();

  add(rows: readonly EventRow[]): void {
    for (const row of rows) this.#events.set(identityOf(row), row);
  }

  eventsOf(condition: (row: EventRow) => boolean): number {
    return [...this.#events.values()].filter(condition).length;
  }

  /** By key, without the events that were erased. */
  without(erased: (row: EventRow) => boolean): Counted[] {
    const groups = new Map<string, EventRow[]>();
    for (const row of this.#events.values()) {
      if (erased(row)) continue;
      const { timestamp, application, category, name } = row;
      const key = [Math.floor(timestamp / HOUR_US) * 3600, application, category, name].join('|');
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const counted = [...groups].map(([key, rows]) => ({
      key,
      events: rows.length,
      users: new Set(rows.map(({ user }) => user).filter(Boolean)).size,
      sessions: new Set(rows.map(({ session_id }) => session_id).filter(Boolean)).size,
      first: Math.min(...rows.map(({ timestamp }) => timestamp)),
      last: Math.max(...rows.map(({ timestamp }) => timestamp)),
    }));
    return counted.sort(byKey);
  }
}

/** What the tables of sets say, in the same form. */
export async function countedIn(endpoint: ClickHouseEndpoint, database: string): Promise<Counted[]> {
  const rows = await rowsOf<Record<keyof Counted, string>>(
    endpoint,
    database,
    `SELECT key, toString(sum(m)) AS events, toString(sum(u)) AS users, toString(sum(s)) AS sessions,
        toString(max(f)) AS first, toString(max(l)) AS last
     FROM
     (
         SELECT concatWithSeparator('|', toString(toUnixTimestamp(toStartOfHour(minute, 'UTC'))), application, category, name) AS key,
             sum(ids) AS m, 0 AS u, 0 AS s, 0 AS f, 0 AS l
         FROM (SELECT minute, application, category, name, uniqExactMerge(ids) AS ids FROM minutes GROUP BY ALL)
         GROUP BY key
         UNION ALL
         SELECT concatWithSeparator('|', toString(toUnixTimestamp(hour)), application, category, name) AS key,
             0, uniqExactMerge(users), uniqExactMerge(sessions),
             toUnixTimestamp64Micro(min(hours.first)), toUnixTimestamp64Micro(max(hours.last))
         FROM hours
         GROUP BY key
     )
     GROUP BY key
     -- The keys of what was erased stay, without anything.
     HAVING sum(m) + sum(u) + sum(s) > 0`,
  );
  const counted = rows.map(({ key, events, users, sessions, first, last }) => ({
    key,
    events: Number(events),
    users: Number(users),
    sessions: Number(sessions),
    first: Number(first),
    last: Number(last),
  }));
  return counted.sort(byKey);
}

const HOUR_US = 3_600_000_000;

function identityOf({ application, event_id, category, name, timestamp }: EventRow): string {
  return JSON.stringify([application, event_id, category, name, timestamp]);
}

function byKey(a: Counted, b: Counted): number {
  return a.key < b.key ? -1 : 1;
}

/** Hours of which `minutes` and `hours` do not have as many rows: what is counted of them is never kept. */
export async function unevenHours(endpoint: ClickHouseEndpoint, database: string): Promise<readonly object[]> {
  return await rowsOf(
    endpoint,
    database,
    `SELECT hour, application, category, name, sum(difference) AS apart
     FROM
     (
         SELECT hour, application, category, name, toInt64(rows) AS difference FROM hours
         UNION ALL
         SELECT toStartOfHour(minute, 'UTC') AS hour, application, category, name, -toInt64(rows) FROM minutes
     )
     GROUP BY ALL
     HAVING apart != 0`,
  );
}
