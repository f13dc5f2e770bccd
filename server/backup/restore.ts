import path from 'node:path';
import { withAdmins, type AdminNode, type AdminNodes } from '../clickhouse/admin-node.ts';
import { rowsOf } from '../clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { applyRetention, noteWholeSince } from '../clickhouse/retention.ts';
import { localName, readEveryNode, type Topology } from '../clickhouse/topology.ts';
import { AppError, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { dropErasure } from '../erase/erasure-tables.ts';
import { ALL_HOURS } from '../queries/counted/grown-hours.ts';
import { evenRows } from '../queries/verify/even-rows.ts';
import { readMigrations } from '../migrate/files.ts';
import { MaintenanceLock } from '../migrate/lock.ts';
import { migrate, migrationsDirectory } from '../migrate/migrator.ts';
import { COPIED_TABLES } from './copied-tables.ts';
import { hasLivingOwner, hasSegments, putBackJournals, replaceJournals } from './copy-journals.ts';
import { putBackTable } from './copy-table.ts';
import type { Manifest } from './manifest.ts';

export interface RestoreOptions {
  readonly endpoint: ClickHouseEndpoint;
  readonly database: string;
  readonly dataDir: string;
  /** The backup. */
  readonly source: string;
  /** Of `readWholeBackup(source)`. */
  readonly manifest: Manifest;
  /** Whether what is there now goes: the database's rows for good, journals that wait to a folder beside. */
  readonly replace: boolean;
  /** `config.retentionDays` */
  readonly retentionDays: number | undefined;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Called with each table once its rows are back, and with the place of the replaced journals. */
  readonly onDone: (what: string, rows: number) => void;
}

const REQUEST_TIMEOUT_MS = 6 * 60 * 60 * 1000;

/**
 * Brings a backup back. Everything is checked before anything is touched: the backup to its last byte by whoever has read its
 * manifest, and that no server runs here, and that nothing is there unless it is to be replaced. One that ends half-way is
 * begun again, with `replace`.
 * @throws AppError `invalid` when the backup is of a newer version, a server runs on this journal, or something
 * is there and not to be replaced; `unavailable` when a node does not answer; what ClickHouse or the disk answers; of a restore
 * that ended half-way, the same with what to do
 */
export async function restore(options: RestoreOptions): Promise<void> {
  const { endpoint, database, dataDir, source, manifest, replace, log } = options;
  await requireKnown(manifest);
  const journal = path.join(dataDir, 'journal');
  await requireStopped(journal);
  const topology = await readEveryNode(endpoint, 'Nothing was touched');
  const hasJournal = await hasSegments(journal);
  const filled = await filledTables(topology, database);
  if (!replace && (hasJournal || filled.length > 0)) {
    const what = hasJournal ? `Events wait in ${journal}` : `Database ${database} has rows in ${filled.join(', ')}`;
    throw new AppError('invalid', `${what}, expected nothing there: --replace puts the backup in its place.`);
  }
  await migrate({ endpoint, database, log });
  await withAdmins(topology, { database, requestTimeoutMs: REQUEST_TIMEOUT_MS }, async (nodes) => {
    await MaintenanceLock.hold(nodes[0], log, async (lock) => {
      // Again: to migrate, and to wait for the lock, may have taken long.
      await requireStopped(journal);
      if (!hasJournal && (await hasSegments(journal)))
        throw new AppError('invalid', `Meanwhile events were taken into ${journal}: run this again.`);
      if (hasJournal) options.onDone(await replaceJournals(journal, options.nowMs()), 0);
      await replaceRows(nodes, filled.length > 0, lock, options).catch((error: unknown) => {
        throw halfWay(error);
      });
    });
  });
  await putBackJournals(manifest.journal, source, dataDir).catch((error: unknown) => {
    throw halfWay(error);
  });
}

async function replaceRows(
  nodes: AdminNodes,
  isFilled: boolean,
  lock: MaintenanceLock,
  options: RestoreOptions,
): Promise<void> {
  if (isFilled) for (const node of nodes) await empty(node);
  // Before there are rows: a TTL that was there would remove them.
  await applyRetention(options);
  // Before there are rows, too: of some only the counts are back meanwhile, and nobody may take these for too much. Also where
  // all raw events are in the backup: what was noted is of those that were there before.
  for (const node of nodes) await noteWholeSince(node, options.manifest.wholeSinceS);
  await putBack(nodes[0], lock, options);
  // The two tables of counts were copied one after the other.
  for (const node of nodes) await evenRows(node, ALL_HOURS);
}

function halfWay(error: unknown): AppError {
  const message = `${messageOf(error)}\nThe database may be restored in part. Run this again, with --replace.`;
  return new AppError(error instanceof AppError ? error.code : 'unavailable', message, { cause: error });
}

async function requireStopped(journal: string): Promise<void> {
  if (!(await hasLivingOwner(journal))) return;
  const message = `A server runs on ${path.dirname(journal)}: stop all servers of this database first.`;
  throw new AppError('invalid', message);
}

/** Events of an older version fit into newer tables; the other way round they need not. */
async function requireKnown({ migrations }: Manifest): Promise<void> {
  const known = new Set((await readMigrations(migrationsDirectory)).map(({ name }) => name));
  const unknown = migrations.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const message = `The backup was made by a newer version: it has ${unknown.join(', ')}. Nothing was touched.`;
  throw new AppError('invalid', message);
}

/** The tables of the service that have rows, on any node. */
async function filledTables(topology: Topology, database: string): Promise<string[]> {
  const names = COPIED_TABLES.flatMap(({ name }) => [name, `${name}_local`]);
  const query = `
    SELECT DISTINCT table
    FROM system.parts
    WHERE active AND rows > 0 AND database = {database:String} AND table IN {names:Array(String)}
    ORDER BY table`;
  // The database may not be there yet.
  const asAdmin = { database: 'system', requestTimeoutMs: REQUEST_TIMEOUT_MS };
  const found = await withAdmins(topology, asAdmin, async (nodes) =>
    Promise.all(nodes.map(async ({ client }) => rowsOf<{ table: string }>(client, query, { database, names }))),
  );
  return [...new Set(found.flat().map(({ table }) => table))];
}

async function empty({ client, layout }: AdminNode): Promise<void> {
  await dropErasure(client);
  for (const { name } of COPIED_TABLES) {
    await client.command({
      query: `TRUNCATE TABLE ${localName(name, layout)} SYNC`,
      clickhouse_settings: { max_table_size_to_drop: '0', max_partition_size_to_drop: '0' },
    });
  }
}

async function putBack(
  { client, layout }: AdminNode,
  lock: MaintenanceLock,
  { source, manifest, onDone }: RestoreOptions,
): Promise<void> {
  for (const { name, isSharded } of COPIED_TABLES) {
    const table = manifest.tables.find((each) => each.table === name);
    if (table === undefined) continue;
    await lock.assertHeld();
    // Sets are merged from all shards, so it does not matter which has them.
    await putBackTable(client, table, isSharded ? name : localName(name, layout), source);
    onDone(name, table.rows);
  }
}
