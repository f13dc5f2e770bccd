import { rowsOf } from '../clickhouse/client.ts';
import { localName } from '../clickhouse/topology.ts';
import { HOUR_S } from '../common/units.ts';
import type { HoursBetween } from '../queries/counted/grown-hours.ts';
import { COUNTED_TABLES, type CountedTable } from './counted-tables.ts';
import { endOfMutations, tableOf, type ErasedNode } from './erased-node.ts';
import { dropStaging, KEYS, stagingOf } from './erasure-tables.ts';

/** Sets are staged in memory, some 30 bytes an event: so many events at a time, or one hour. */
const CHUNK_EVENTS = 5_000_000;

/**
 * Makes the sets of all keys in `erasure` hold what the raw events of this node say, while events arrive. Nothing can be
 * taken out of a set, so each is made anew from the raw events.
 *
 * The rows that exist are replaced in place, and then what arrived meanwhile is added from the raw events: an INSERT
 * reaches them before it reaches the sets. So nothing is missing once this has resolved, and until then at most what
 * arrived between the two steps. `rows` only grows: the version of what was counted before does not come back.
 * @param sinceS from which hour on raw is whole; sets of earlier hours are left as they are
 */
export async function rebuildSets(node: ErasedNode, sinceS: number): Promise<void> {
  for (const span of await chunks(node, sinceS)) {
    for (const table of COUNTED_TABLES) {
      try {
        const staged = await partsOf(node);
        await stage(node, table, span);
        await replace(node, table, span);
        await addNewer(node, table, span, staged);
        await endOfMutations(node, stagingOf(table));
      } finally {
        await dropStaging(node.client, table);
      }
    }
  }
}

async function chunks(node: ErasedNode, sinceS: number): Promise<HoursBetween[]> {
  const hours = await rowsOf<{ hourS: number; events: string }>(
    node.client,
    `SELECT toUnixTimestamp(hour) AS hourS, toString(sum(rows)) AS events
     FROM
     (
         SELECT hour, toUInt64(rows) AS rows
         FROM ${tableOf(node, 'hours')}
         WHERE (category, name, hour, application) IN
             (SELECT category, name, toStartOfHour(minute, 'UTC'), application FROM ${KEYS})
         UNION ALL
         SELECT toStartOfHour(minute, 'UTC') AS hour, 0 AS rows
         FROM ${KEYS}
     )
     WHERE toUnixTimestamp(hour) >= {sinceS:UInt32}
     GROUP BY hour
     ORDER BY hour`,
    { sinceS },
  );
  const spans: HoursBetween[] = [];
  let events = Infinity;
  for (const hour of hours) {
    const last = events + Number(hour.events) > CHUNK_EVENTS ? undefined : spans.pop();
    events = Number(hour.events) + (last === undefined ? 0 : events);
    spans.push({ fromS: last?.fromS ?? hour.hourS, toS: hour.hourS + HOUR_S });
  }
  return spans;
}

/** The sets as they must be. A key without any event is not among them. */
async function stage(node: ErasedNode, table: CountedTable, span: HoursBetween): Promise<void> {
  const columns = Object.entries(table.sets);
  await node.client.command({
    query: `
      CREATE TABLE ${stagingOf(table)}
      (
          key String,
          category String,
          name String,
          ${table.time} DateTime('UTC'),
          application String,
          ${columns.map(([column, type]) => `${column} ${type}`).join(', ')}
      )
      ENGINE = Join(ANY, LEFT, key)`,
  });
  const keys = `category, name, ${table.time}, application`;
  await node.client.command({
    query: `
      INSERT INTO ${stagingOf(table)}
      SELECT toString((${keys})), ${keys}, ${columns.map(([column]) => column).join(', ')}
      FROM (${fromRaw(node, table, span)})`,
    clickhouse_settings: { async_insert: 0 },
  });
}

/** Resolves once it is certain which rows will be replaced: all that there are now. Then it goes on by itself. */
async function replace(node: ErasedNode, table: CountedTable, span: HoursBetween): Promise<void> {
  const staging = `${node.database}.${stagingOf(table)}`;
  const keys = `category, name, ${table.time}, application`;
  const sets = Object.keys(table.sets).map(
    (column) => `${column} = joinGet('${staging}', '${column}', toString((${keys})))`,
  );
  await node.client.command({
    query: `
      ALTER TABLE ${tableOf(node, table.name)}
          DELETE
          WHERE (${keys}) IN (${affected(node, table, span)})
              AND toString((${keys})) NOT IN (SELECT key FROM ${staging}),
          UPDATE ${['rows = rows + 1', ...sets, ...table.reset].join(', ')}
          WHERE (${keys}) IN (SELECT ${keys} FROM ${staging})`,
    clickhouse_settings: { mutations_sync: '0' },
  });
}

/** Only what is in other parts than before it was staged; what was merged since is there twice, and counts once. */
async function addNewer(
  node: ErasedNode,
  table: CountedTable,
  span: HoursBetween,
  staged: readonly string[],
): Promise<void> {
  const columns = ['application', 'category', 'name', 'rows', ...Object.keys(table.sets)];
  await node.client.command({
    query: `
      INSERT INTO ${tableOf(node, table.name)} (${table.time}, ${columns.join(', ')})
      SELECT ${table.time}, ${columns.join(', ')}
      FROM (${fromRaw(node, table, span, 'AND _part NOT IN {staged:Array(String)}')})`,
    query_params: { staged },
    clickhouse_settings: { async_insert: 0, insert_deduplicate: 0 },
  });
}

/** The parts of the raw events that there are now. */
async function partsOf({ client, layout }: ErasedNode): Promise<string[]> {
  const parts = await rowsOf<{ name: string }>(
    client,
    'SELECT name FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active',
    { table: localName('events', layout) },
  );
  return parts.map(({ name }) => name);
}

function fromRaw(node: ErasedNode, table: CountedTable, span: HoursBetween, further = ''): string {
  const key = `(category, name, ${table.toStart}(timestamp, 'UTC'), application)`;
  return table.fromRaw(tableOf(node, 'events'), `${key} IN (${affected(node, table, span)}) ${further}`);
}

function affected(node: ErasedNode, table: CountedTable, { fromS, toS }: HoursBetween): string {
  return `
    SELECT category, name, ${table.toStart}(minute, 'UTC'), application
    FROM ${node.database}.${KEYS}
    WHERE minute >= toDateTime(${fromS}, 'UTC') AND minute < toDateTime(${toS}, 'UTC')`;
}
