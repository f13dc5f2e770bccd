import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClickHouseProcess } from './clickhouse-process.ts';
import { idsIn } from '../../support/events/ledger.ts';

/** The other side of the books: what is in ClickHouse, and what waits in the journals. */
export interface StoredLedger {
  /** As how many events the raw table has each, by identity: copies of a row are one. */
  readonly stored: ReadonlyMap<string, number>;
  /** Events of which another column has not what was sent. */
  readonly altered: readonly string[];
  /** As how many rejections each event is among the rejected, by identity. */
  readonly rejected: ReadonlyMap<string, number>;
  /** Events that are in a file of a journal. */
  readonly waiting: ReadonlySet<string>;
  /** What each hour has of each (application, category, name), from the raw events and from the views. */
  readonly hours: readonly HourOfBoth[];
}

export interface HourOfBoth {
  /** The hour, application, category and name, for people. */
  readonly of: string;
  readonly raw: HourCounts;
  readonly views: HourCounts;
}

/** All by identity: nothing that is there several times counts more than once. */
export interface HourCounts {
  readonly events: number;
  readonly users: number;
  readonly sessions: number;
}

export async function readStoredLedger(
  clickhouse: ClickHouseProcess,
  database: string,
  waitingFiles: readonly string[],
): Promise<StoredLedger> {
  const [stored, rejected, hours, waiting] = await Promise.all([
    clickhouse.rows<{ id: string; times: string; altered: string }>(database, STORED),
    clickhouse.rows<{ payload: string }>(database, REJECTED),
    readHours(clickhouse, database),
    idsInFiles(waitingFiles),
  ]);
  const rejectedTimes = new Map<string, number>();
  for (const { payload } of rejected) {
    for (const id of new Set(idsIn(payload))) rejectedTimes.set(id, (rejectedTimes.get(id) ?? 0) + 1);
  }
  return {
    stored: new Map(stored.map(({ id, times }) => [id, Number(times)])),
    altered: stored.filter(({ altered }) => Number(altered) > 0).map(({ id }) => id),
    rejected: rejectedTimes,
    hours,
    waiting: new Set(waiting),
  };
}

/** An event that came with an id of its own has the same there. */
const STORED = `SELECT user AS id, uniqExact(application, event_id, category, name, timestamp) AS times,
    countIf(startsWith(event_id, 'id-') AND NOT startsWith(event_id, user)) AS altered
  FROM events GROUP BY user ORDER BY user`;

const REJECTED =
  'SELECT any(payload) AS payload FROM rejected_events GROUP BY received_at, event_id ORDER BY received_at, event_id';

/** With SQL of its own: what the service would say about itself is what is being tested. */
const HOURS = `SELECT concat(formatDateTime(hour, '%FT%H:00Z', 'UTC'), ' ', toString((application, category, name))) AS of,
    sum(raw.1) AS rawEvents, sum(raw.2) AS rawUsers, sum(raw.3) AS rawSessions,
    sum(views.1) AS viewEvents, sum(views.2) AS viewUsers, sum(views.3) AS viewSessions
  FROM (
    SELECT toStartOfHour(timestamp, 'UTC') AS hour, application, category, name,
      (uniqExact(event_id, timestamp), uniqExactIf(user, user != ''), uniqExactIf(session_id, session_id != '')) AS raw,
      (0, 0, 0) AS views
    FROM events GROUP BY hour, application, category, name
    UNION ALL
    SELECT toStartOfHour(minute, 'UTC') AS hour, application, category, name, (0, 0, 0), (sum(events), 0, 0)
    FROM (
      SELECT minute, application, category, name, uniqExactMerge(ids) AS events
      FROM minutes GROUP BY minute, application, category, name
    ) GROUP BY hour, application, category, name
    UNION ALL
    SELECT hour, application, category, name, (0, 0, 0), (0, uniqExactMerge(users), uniqExactMerge(sessions))
    FROM hours GROUP BY hour, application, category, name
  ) GROUP BY hour, application, category, name ORDER BY of`;

/** The events in files, whatever state those are in. */
export async function idsInFiles(files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map(async (file) => textOf(file)));
  return texts.flatMap(idsIn);
}

/** Every file below the journal, locks excepted. */
export async function journalFiles(dataDir: string): Promise<string[]> {
  const journal = path.join(dataDir, 'journal');
  const entries = await readdir(journal, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'lock')
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** The journal of a live server changes while it is read. */
async function textOf(file: string): Promise<string> {
  return await readFile(file, 'latin1').catch(() => '');
}

async function readHours(clickhouse: ClickHouseProcess, database: string): Promise<HourOfBoth[]> {
  const rows = await clickhouse.rows<Record<keyof Row, string>>(database, HOURS);
  return rows.map((row) => ({
    of: row.of,
    raw: countsOf(row.rawEvents, row.rawUsers, row.rawSessions),
    views: countsOf(row.viewEvents, row.viewUsers, row.viewSessions),
  }));
}

interface Row {
  readonly of: string;
  readonly rawEvents: string;
  readonly rawUsers: string;
  readonly rawSessions: string;
  readonly viewEvents: string;
  readonly viewUsers: string;
  readonly viewSessions: string;
}

function countsOf(events: string, users: string, sessions: string): HourCounts {
  return { events: Number(events), users: Number(users), sessions: Number(sessions) };
}
