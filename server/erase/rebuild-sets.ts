import { randomUUID } from 'node:crypto';
import { tableOf, type AdminNode } from '../clickhouse/admin-node.ts';
import { rowsOf } from '../clickhouse/client.ts';
import { EACH_INSERT } from '../clickhouse/insert-settings.ts';
import { localName } from '../clickhouse/topology.ts';
import type { MaintenanceLock } from '../migrate/lock.ts';
import { HOUR_S } from '../common/units.ts';
import type { HoursBetween } from '../queries/counted/grown-hours.ts';
import { evenRows } from '../queries/verify/even-rows.ts';
import { COUNTED_TABLES, type CountedTable } from './counted-tables.ts';
import { endOfMutation } from './end-of-mutation.ts';
import { dropStaging, KEYS, stagingOf } from './erasure-tables.ts';

/** Sets are staged in memory, some 30 bytes an event: so many events at a time, or one hour. */
const CHUNK_EVENTS = 5_000_000;

/**
 * Makes the sets of all keys in `erasure` hold what the raw events of this node say, while events arrive. Nothing can be
 * taken out of a set, so each is made anew from the raw events.
 *
 * What is in no row is added, as on a cluster what another shard counted. Then the rows that exist are replaced in place, and
 * what arrived meanwhile is added from the raw events, because an INSERT reaches them before it reaches the sets. So nothing
 * is missing once this has resolved, and until then at most what arrived between the two steps.
 *
 * A key without any event left stays, with empty sets: `rows` only grows, by as much in both tables, so that the version of
 * what was counted before does not come back, whatever is sent later, and what is counted can be kept.
 * @param sinceS from which hour on raw is whole; sets of earlier hours are left as they are
 * @throws AppError `unavailable` when somebody else has the lock, or ClickHouse does not replace the rows
 */
export async function rebuildSets(
  node: AdminNode,
  sinceS: number,
  lock: Pick<MaintenanceLock, 'assertHeld'>,
): Promise<void> {
  for (const span of await chunks(node, sinceS)) {
    for (const table of COUNTED_TABLES) {
      try {
        const staged = await partsOf(node);
        await lock.assertHeld();
        await stage(node, table, span);
        await addElsewhere(node, table, span);
        await lock.assertHeld();
        const mutation = await replace(node, table, span);
        await addNewer(node, table, span, staged);
        await endOfMutation(node, mutation);
      } finally {
        await dropStaging(node.client, stagingOf(table));
      }
    }
    await markChanged(node, span);
    await evenRows(node, span, affectedHours(node, span));
  }
}

async function chunks(node: AdminNode, sinceS: number): Promise<HoursBetween[]> {
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
async function stage(node: AdminNode, table: CountedTable, span: HoursBetween): Promise<void> {
  const keys = keysOf(table);
  await node.client.command({
    query: `
      CREATE TABLE ${stagingOf(table)} ENGINE = Join(ANY, LEFT, key) AS
      SELECT toString((${keys})) AS key, ${keys}, ${table.sets.join(', ')}
      FROM (${fromRaw(node, table, span)})`,
  });
}

/**
 * Resolves once it is certain which rows will be replaced: all that there are now. Then it goes on by itself. Of a key that is
 * not staged, there are the defaults.
 * @returns a text by which to know the mutation
 */
async function replace(node: AdminNode, table: CountedTable, span: HoursBetween): Promise<string> {
  const mutation = randomUUID();
  const keys = keysOf(table);
  const staged = table.sets.map((column) => {
    const place = `('${node.database}.${stagingOf(table)}', '${column}', toString((${keys})))`;
    const empty = table.empty[column];
    return `${column} = ${empty === undefined ? `joinGet${place}` : `ifNull(joinGetOrNull${place}, ${empty})`}`;
  });
  await node.client.command({
    query: `
      ALTER TABLE ${tableOf(node, table.name)}
      UPDATE ${[...staged, ...table.reset].join(', ')}
      WHERE '${mutation}' != '' AND (${keys}) IN (${affected(node, table, span)})`,
    clickhouse_settings: { mutations_sync: '0' },
  });
  return mutation;
}

function keysOf({ time }: CountedTable): string {
  return `category, name, ${time}, application`;
}

/** Keys of hours with an affected minute. */
function affectedHours(node: AdminNode, span: HoursBetween): string {
  return affected(node, { toStart: 'toStartOfHour' }, span);
}

/** Only what is in other parts than before it was staged; what was merged since is there twice, and counts once. */
async function addNewer(
  node: AdminNode,
  table: CountedTable,
  span: HoursBetween,
  staged: readonly string[],
): Promise<void> {
  await add(node, table, fromRaw(node, table, span, 'AND _part NOT IN {staged:Array(String)}'), { staged });
}

/** What is counted in no row of this node: its rows were put back on another shard, or those of a shard that was removed here. */
async function addElsewhere(node: AdminNode, table: CountedTable, span: HoursBetween): Promise<void> {
  const here = `SELECT ${keysOf(table)} FROM ${tableOf(node, table.name)} WHERE (${keysOf(table)}) IN (${affected(node, table, span)})`;
  await add(node, table, `SELECT * FROM ${stagingOf(table)} WHERE (${keysOf(table)}) NOT IN (${here})`);
}

/** Rows of sets, of which the view counts the rows, or has counted them. */
async function add(
  node: AdminNode,
  table: CountedTable,
  select: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const columns = `${keysOf(table)}, ${table.sets.join(', ')}`;
  await node.client.command({
    query: `INSERT INTO ${tableOf(node, table.name)} (${columns}) SELECT ${columns} FROM (${select})`,
    query_params: params,
    clickhouse_settings: EACH_INSERT,
  });
}

/** Makes the versions of all keys others, that of a minute and that of its hour by the same. */
async function markChanged(node: AdminNode, span: HoursBetween): Promise<void> {
  const changed = `SELECT DISTINCT minute, application, category, name FROM ${KEYS} WHERE ${isWithin(span)}`;
  await node.client.command({
    query: `
      INSERT INTO ${tableOf(node, 'minutes')} (minute, application, category, name, rows)
      SELECT minute, application, category, name, 1 FROM (${changed})`,
    clickhouse_settings: EACH_INSERT,
  });
  await node.client.command({
    query: `
      INSERT INTO ${tableOf(node, 'hours')} (hour, application, category, name, rows)
      SELECT toStartOfHour(minute, 'UTC') AS hour, application, category, name, count()
      FROM (${changed})
      GROUP BY hour, application, category, name`,
    clickhouse_settings: EACH_INSERT,
  });
}

/** The parts of the raw events that there are now. */
async function partsOf({ client, layout }: AdminNode): Promise<string[]> {
  const parts = await rowsOf<{ name: string }>(
    client,
    'SELECT name FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active',
    { table: localName('events', layout) },
  );
  return parts.map(({ name }) => name);
}

function fromRaw(node: AdminNode, table: CountedTable, span: HoursBetween, further = ''): string {
  const key = `(category, name, ${table.toStart}(timestamp, 'UTC'), application)`;
  return table.fromRaw(tableOf(node, 'events'), `${key} IN (${affected(node, table, span)}) ${further}`);
}

function affected(node: AdminNode, { toStart }: Pick<CountedTable, 'toStart'>, span: HoursBetween): string {
  return `
    SELECT category, name, ${toStart}(minute, 'UTC'), application
    FROM ${node.database}.${KEYS}
    WHERE ${isWithin(span)}`;
}

function isWithin({ fromS, toS }: HoursBetween): string {
  return `minute >= toDateTime(${fromS}, 'UTC') AND minute < toDateTime(${toS}, 'UTC')`;
}
