import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClickHouseProcess } from './clickhouse-process.ts';
import { idsIn } from '../../support/ledger.ts';

/** The other side of the books: what is in ClickHouse, and what waits in the journals. */
export interface StoredLedger {
  /** How often the raw table has each event. */
  readonly stored: ReadonlyMap<string, number>;
  /** Events of which another column has not what was sent. */
  readonly altered: readonly string[];
  /** How often each event is among the rejected. */
  readonly rejected: ReadonlyMap<string, number>;
  /** Events that are in a file of a journal. */
  readonly waiting: ReadonlySet<string>;
  /** What each hour has, from the raw events and from the view. */
  readonly hours: readonly HourOfBoth[];
}

export interface HourOfBoth {
  readonly hour: string;
  readonly raw: HourCounts;
  readonly view: HourCounts;
}

export interface HourCounts {
  readonly clicks: number;
  readonly impressions: number;
  readonly users: number;
}

export async function readStoredLedger(
  clickhouse: ClickHouseProcess,
  database: string,
  waitingFiles: readonly string[],
): Promise<StoredLedger> {
  const [stored, rejected, hours, waiting] = await Promise.all([
    clickhouse.rows<{ id: string; times: string; altered: string }>(database, STORED),
    clickhouse.rows<{ payload: string }>(database, 'SELECT payload FROM rejected_events'),
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
const STORED = `SELECT user AS id, count() AS times,
    countIf(startsWith(event_id, 'id-') AND NOT startsWith(event_id, user)) AS altered
  FROM events GROUP BY user`;

/** The events in files, whatever state those are in. */
export async function idsInFiles(files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map(async (file) => textOf(file)));
  return texts.flatMap(idsIn);
}

/** Every file below the journal, locks excepted. */
export async function journalFiles(dataDir: string): Promise<string[]> {
  const journal = path.join(dataDir, 'journal');
  const entries = await readdir(journal, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** The journal of a live server changes while it is read. */
async function textOf(file: string): Promise<string> {
  return await readFile(file, 'latin1').catch(() => '');
}

/** With SQL of its own: what the service would say about itself is what is being tested. */
async function readHours(clickhouse: ClickHouseProcess, database: string): Promise<HourOfBoth[]> {
  const rows = await clickhouse.rows<Record<keyof Row, string>>(
    database,
    `SELECT hour, sum(rc) AS rawClicks, sum(ri) AS rawImpressions, sum(ru) AS rawUsers,
        sum(vc) AS viewClicks, sum(vi) AS viewImpressions, sum(vu) AS viewUsers
      FROM (
        SELECT toUnixTimestamp(toStartOfHour(timestamp, 'UTC')) AS hour, countIf(name = 'click') AS rc,
          countIf(name = 'impression') AS ri, uniqExact(user) AS ru, 0 AS vc, 0 AS vi, 0 AS vu
        FROM events WHERE category = 'analytics' AND name IN ('click', 'impression') GROUP BY hour
        UNION ALL
        SELECT toUnixTimestamp(hour) AS hour, 0, 0, 0, sum(clicks), sum(impressions), uniqExactMerge(users)
        FROM hourly GROUP BY hour
      ) GROUP BY hour ORDER BY hour`,
  );
  return rows.map((row) => ({
    hour: new Date(Number(row.hour) * 1000).toISOString(),
    raw: countsOf(row.rawClicks, row.rawImpressions, row.rawUsers),
    view: countsOf(row.viewClicks, row.viewImpressions, row.viewUsers),
  }));
}

interface Row {
  readonly hour: string;
  readonly rawClicks: string;
  readonly rawImpressions: string;
  readonly rawUsers: string;
  readonly viewClicks: string;
  readonly viewImpressions: string;
  readonly viewUsers: string;
}

function countsOf(clicks: string, impressions: string, users: string): HourCounts {
  return { clicks: Number(clicks), impressions: Number(impressions), users: Number(users) };
}
