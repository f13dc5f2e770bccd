import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import { HOUR_MS } from '../events/hours.ts';
import { allOf, columnsAre, type Condition } from './conditions.ts';

/** Whose events are counted; what is undefined does not matter. */
export interface Selection {
  readonly application?: string | undefined;
  readonly category?: string | undefined;
  readonly name?: string | undefined;
}

/** Times of hours, in seconds since the epoch: from the first, up to and without the last. */
export interface HoursBetween {
  readonly fromS: number;
  readonly toS: number;
}

const ALL_HOURS: HoursBetween = { fromS: 0, toS: 0xffff_ffff };

/**
 * How many events there are, as SQL over `hours` and `minutes`: a row for each (hour, application, category, name), with
 * `hour`, `application`, `category`, `name`, `rows`, `events`, `first` and `last`. An hour that has as many rows as when
 * it was counted is not counted again; of the others, the sets of their minutes are merged.
 *
 * Both sides see one snapshot of `hours` (enable_shared_storage_snapshot_in_query, on by default), so an hour is not
 * taken for counted by one and for grown by the other.
 */
export function countedHours(selection: Selection, hours: HoursBetween = ALL_HOURS): Condition {
  const { sql, params } = hoursAre(selection, hours);
  return {
    sql: `
      SELECT
        hour, application, category, name,
        sum(received) AS rows, if(max(known).rows = rows, max(known).events, sum(fresh)) AS events,
        min(earliest) AS first, max(latest) AS last
      FROM
      (
        SELECT
          hour, application, category, name, sum(rows) AS received, max(counted) AS known, toUInt64(0) AS fresh,
          min(first) AS earliest, max(last) AS latest
        FROM hours
        WHERE ${sql}
        GROUP BY hour, application, category, name
        UNION ALL
        SELECT
          hour, application, category, name, toUInt64(0), CAST((0, 0), 'Tuple(rows UInt64, events UInt64)'), events,
          toDateTime64('2299-12-31 00:00:00', 6, 'UTC'), toDateTime64(0, 6, 'UTC')
        FROM (${eventsOfGrownHours(sql)})
      )
      GROUP BY hour, application, category, name
      HAVING rows > 0`,
    params,
  };
}

/** Keys of hours that one question counts and keeps: bounds the memory of the sets. */
const KEPT_AT_ONCE = 20_000;

/** An hour is kept when it has been over for so long: before that it would be in vain. */
const SETTLED_MS = 60_000;

/**
 * Counts hours that are over and have grown since they were counted, and keeps the numbers beside their sets, so that
 * nobody has to merge those again. An INSERT reaches `minutes` and `hours` one after the other, and a crash may come
 * between; so a number is kept only where both have as many rows.
 *
 * Nothing depends on it but time; what cannot be kept is counted again by the next question.
 * @param ingest may insert
 */
export async function keepCounts(
  nodes: { readonly queries: Nodes; readonly ingest: Nodes },
  selection: Selection,
  bounds: QueryBounds,
  nowMs: number,
): Promise<void> {
  const toS = Math.floor((nowMs - SETTLED_MS) / HOUR_MS) * (HOUR_MS / 1000);
  const { sql, params } = hoursAre(selection, { fromS: 0, toS });
  const query = `
    SELECT toString(hour) AS hour, application, category, name, rows, events
    FROM
    (
      SELECT hour, application, category, name, sum(of_hours) AS rows, sum(of_minutes) AS received, sum(fresh) AS events
      FROM
      (
        SELECT hour, application, category, name, total AS of_hours, toUInt64(0) AS of_minutes, toUInt64(0) AS fresh
        FROM (${grownHours(sql)} LIMIT {keep:UInt32})
        UNION ALL
        SELECT hour, application, category, name, toUInt64(0), received, events
        FROM (${eventsOfGrownHours(sql, 'LIMIT {keep:UInt32}')})
      )
      GROUP BY hour, application, category, name
    )
    WHERE rows = received`;
  for (;;) {
    const rows = await queryRows<KeptRow>(nodes.queries, query, { ...params, keep: KEPT_AT_ONCE }, bounds);
    if (rows.length === 0) return;
    await insertCounts(nodes.ingest, rows);
  }
}

interface KeptRow {
  readonly hour: string;
  readonly application: string;
  readonly category: string;
  readonly name: string;
  readonly rows: string | number;
  readonly events: string | number;
}

async function insertCounts(ingest: Nodes, rows: readonly KeptRow[]): Promise<void> {
  const values = rows.map(({ rows, events, ...key }) => ({ ...key, counted: { rows, events } }));
  await ingest.use(async (client) =>
    client.insert({
      table: 'hours',
      columns: ['hour', 'application', 'category', 'name', 'counted'],
      values,
      format: 'JSONEachRow',
      // Of a cluster any shard may keep it: the largest of all is what counts.
      clickhouse_settings: { async_insert: 0, insert_distributed_one_random_shard: 1 },
    }),
  );
}

/** Of (hour, application, category, name), in the order of the key, those that were never counted at as many rows. */
function grownHours(condition: string): string {
  return `
    SELECT category, name, hour, application, sum(rows) AS total
    FROM hours
    WHERE ${condition}
    GROUP BY category, name, hour, application
    HAVING max(counted).rows != total
    ORDER BY category, name, hour, application`;
}

function eventsOfGrownHours(condition: string, limit = ''): string {
  const keys = `SELECT category, name, hour, application FROM (${grownHours(condition)} ${limit})`;
  return `
    SELECT toStartOfHour(minute, 'UTC') AS hour, application, category, name, sum(received) AS received, sum(ids) AS events
    FROM
    (
      SELECT minute, application, category, name, sum(rows) AS received, uniqExactMerge(ids) AS ids
      FROM minutes
      WHERE (category, name, toStartOfHour(minute, 'UTC'), application) GLOBAL IN (${keys})
      GROUP BY minute, application, category, name
    )
    GROUP BY hour, application, category, name`;
}

function hoursAre(selection: Selection, { fromS, toS }: HoursBetween): Condition {
  const { application, category, name } = selection;
  return allOf([
    ...columnsAre({ application, category, name }),
    {
      sql: `hour >= toDateTime({from_s:UInt32}, 'UTC') AND hour < toDateTime({to_s:UInt32}, 'UTC')`,
      params: { from_s: fromS, to_s: toS },
    },
  ]);
}
