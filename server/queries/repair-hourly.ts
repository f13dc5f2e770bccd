import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import { AppError } from '../errors.ts';
import { withFrozenEvents } from './frozen-events.ts';
import { hourlyFromRaw } from './hourly-from-raw.ts';

const HOUR_S = 3600;
/** Bounds one statement's parameters. */
const CHUNK_HOURS = 2000;
const MERGE_ATTEMPTS = 10;

/** What one node has: its raw events and its hours, under the names they have there, asked as the admin. */
export interface RepairedNode {
  readonly client: ClickHouseClient;
  readonly events: string;
  readonly hourly: string;
}

/**
 * Makes the hours hold what the raw events say, for exactly these hours; readers see an hour either as it was or as it
 * must be. Inserts wait meanwhile (`withFrozenEvents`).
 *
 * Not by REPLACE PARTITION, which looks made for it: it drops the deduplication log of the parts it replaces, and then a
 * segment that is sent again counts twice. A mutation keeps the log. It replaces part by part, so the rows of an hour
 * are merged into one first.
 *
 * What it cannot know: whether a segment that reached the raw table and not the view is still to be sent again. If it
 * is, the view counts it twice then, and the next verify finds that. So wait for longer than a shipper's back-off first,
 * and do not repair while a server that crashed has not been started again.
 *
 * Not for tables with replicas: the mutation would run on each of them, and the staging table is on one.
 * @param hoursS starts of hours, in seconds since the epoch, ascending
 */
export async function repairHourly(node: RepairedNode, hoursS: readonly number[]): Promise<void> {
  for (let at = 0; at < hoursS.length; at += CHUNK_HOURS) {
    await repairChunk(node, hoursS.slice(at, at + CHUNK_HOURS));
  }
}

async function repairChunk(node: RepairedNode, hoursS: readonly number[]): Promise<void> {
  await withFrozenEvents({ client: node.client, table: node.events }, async (freeze) => {
    await dropStaging(node);
    try {
      await stage(node, hoursS);
      await mergeRows(node, hoursS);
      await freeze.assertFrozen();
      await insertMissing(node);
      await updatePresent(node);
    } finally {
      await dropStaging(node);
    }
  });
}

/** A repair that was killed may have left its table, and a mutation that reads from it. */
async function dropStaging({ client, hourly }: RepairedNode): Promise<void> {
  await client.command({
    query: `
      KILL MUTATION
      WHERE database = currentDatabase() AND table = '${hourly}' AND NOT is_done AND command LIKE '%hourly_repair%'
      SYNC`,
  });
  await client.command({ query: 'DROP TABLE IF EXISTS hourly_repair SYNC' });
}

/** The hours as they must be. One without any event is there too, with zeros. */
async function stage({ client, events }: RepairedNode, hoursS: readonly number[]): Promise<void> {
  await client.command({
    query: `
      CREATE TABLE hourly_repair
      (
          hour DateTime('UTC'),
          clicks UInt64,
          impressions UInt64,
          users AggregateFunction(uniqExact, String)
      )
      ENGINE = Join(ANY, LEFT, hour)`,
  });
  await client.command({
    query: `
      INSERT INTO hourly_repair
      SELECT hour, sum(clicks), sum(impressions), uniqExactMergeState(users)
      FROM
      (
          SELECT hour, clicks, impressions, users
          FROM (${hourlyFromRaw(events)})
          WHERE toUnixTimestamp(hour) IN {hours:Array(UInt32)}
          UNION ALL
          SELECT toDateTime(arrayJoin({hours:Array(UInt32)}), 'UTC') AS hour, 0, 0, uniqExactStateIf('', 0)
          GROUP BY hour
      )
      GROUP BY hour`,
    query_params: { hours: hoursS, from: hoursS[0] ?? 0, to: (hoursS.at(-1) ?? 0) + HOUR_S },
    clickhouse_settings: { async_insert: 0 },
  });
}

/** Until each of the hours is one row at most, so that the mutation that follows changes it in one step. */
async function mergeRows(node: RepairedNode, hoursS: readonly number[]): Promise<void> {
  const years = new Set(hoursS.map((hourS) => new Date(hourS * 1000).getUTCFullYear()));
  for (const year of years) {
    for (let attempt = 1; await hasSplitHours(node, year); attempt += 1) {
      if (attempt > MERGE_ATTEMPTS) {
        throw new AppError(
          'unavailable',
          `ClickHouse did not merge the hours of ${year}; try again when it is less busy.`,
        );
      }
      await node.client.command({ query: `OPTIMIZE TABLE ${node.hourly} PARTITION ${year} FINAL` });
    }
  }
}

async function hasSplitHours({ client, hourly }: RepairedNode, year: number): Promise<boolean> {
  const result = await client.query({
    query: `
      SELECT hour
      FROM ${hourly}
      WHERE toYear(hour, 'UTC') = {year:UInt16} AND hour IN (SELECT hour FROM hourly_repair)
      GROUP BY hour
      HAVING count() > 1
      LIMIT 1`,
    query_params: { year },
    format: 'TabSeparated',
  });
  return (await result.text()) !== '';
}

async function insertMissing({ client, hourly }: RepairedNode): Promise<void> {
  await client.command({
    query: `
      INSERT INTO ${hourly}
      SELECT hour, clicks, impressions, users
      FROM hourly_repair
      WHERE clicks + impressions > 0 AND hour NOT IN (SELECT hour FROM ${hourly})`,
    // Without a token of its own, a row equal to one that was inserted before would be taken for a retry.
    clickhouse_settings: {
      async_insert: 0,
      max_partitions_per_insert_block: '0',
      insert_deduplication_token: `repair-${randomUUID()}`,
    },
  });
}

/** A mutation runs later and elsewhere, where nothing says which database was meant. */
async function updatePresent({ client, hourly }: RepairedNode): Promise<void> {
  const result = await client.query({ query: 'SELECT currentDatabase()', format: 'TabSeparated' });
  const staging = `${(await result.text()).trim()}.hourly_repair`;
  await client.command({
    query: `
      ALTER TABLE ${hourly}
      UPDATE
          clicks = joinGet('${staging}', 'clicks', hour),
          impressions = joinGet('${staging}', 'impressions', hour),
          users = joinGet('${staging}', 'users', hour)
      WHERE hour IN (SELECT hour FROM ${staging})`,
    clickhouse_settings: { mutations_sync: '2' },
  });
}
