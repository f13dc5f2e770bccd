import path from 'node:path';
import { withAdmins, type AdminNode, type AdminNodes } from '../clickhouse/admin-node.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { listOf, readWholeTopology, type UnavailableNode, type Topology } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { applyPending } from './apply.ts';
import { createDatabases } from './create-databases.ts';
import { readMigrations, type MigrationFile } from './files.ts';
import { createLedger, readLedger } from './ledger.ts';
import { MaintenanceLock, type LockTimes } from './lock.ts';
import { assertMadeFor } from './made-for.ts';
import { assertRunnable, compare, type MigrationStatus } from './plan.ts';
import { projectRoot } from '../common/project-root.ts';

export interface MigrateOptions {
  readonly endpoint: ClickHouseEndpoint;
  /** Created when it does not exist. */
  readonly database: string;
  readonly log: Logger;
  /** Where the `.sql` files are; default: this project's. */
  readonly directory?: string;
  readonly lock?: LockTimes;
}

/** This project's migrations. Compiled code is in .build/migrations, and tsc copies no .sql there. */
export const migrationsDirectory = path.join(projectRoot, 'migrations');

/** A statement may rewrite a large table. */
const REQUEST_TIMEOUT_MS = 6 * 60 * 60 * 1000;

/**
 * Brings the database to the state that the files describe, on every node of a cluster, and returns the names of the
 * files it applied, in order. Safe to call twice, and from several machines at once. A file is applied statement by
 * statement, and each is written down once it has succeeded, so the run after a failure goes on with the statement that
 * failed.
 *
 * A node that is unavailable does no harm while there is nothing to do: what a living node has as applied, every node has
 * (`applyPending`). While there is something to do, nothing is done without all nodes.
 * @throws AppError `invalid` when a file changed after it was applied, the database is newer than the files, or it was
 * made for another layout, or there is something to do and ClickHouse is too old for it; `unavailable` when a node is
 * unavailable that is needed
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { endpoint, database, log, directory = migrationsDirectory } = options;
  const topology = await readWholeTopology(endpoint);
  const files = await readMigrations(directory, topology.layout);
  return await withAdmins(topology, { database, requestTimeoutMs: REQUEST_TIMEOUT_MS }, async (nodes) => {
    // Without the lock first: most starts have nothing to do, and should leave the database alone.
    if (await allApplied(nodes, files, topology)) {
      if (topology.unavailable.length > 0)
        log.warn(
          { unavailable: topology.unavailable },
          'some nodes of the cluster are unavailable; one that was added lately has its tables once this is run while it answers',
        );
      return [];
    }
    if (topology.unavailable.length > 0) throw notAllThere(topology.unavailable);
    await createDatabases(topology, database);
    return await migrateLocked(nodes, files, options);
  });
}

/** What one node has of the migrations; or why that is not known. */
export type NodeStatus =
  | { readonly node: string; readonly migrations: readonly MigrationStatus[] }
  | { readonly node: string; readonly unavailable: string };

/**
 * Compares the files with each node's database and changes nothing, so it works on a database that does not exist, too.
 */
export async function migrationStatus(
  options: Pick<MigrateOptions, 'endpoint' | 'database' | 'directory'>,
): Promise<readonly NodeStatus[]> {
  const { endpoint, database, directory = migrationsDirectory } = options;
  const topology = await readWholeTopology(endpoint);
  const files = await readMigrations(directory, topology.layout);
  const living = await withAdmins(topology, { database, requestTimeoutMs: REQUEST_TIMEOUT_MS }, async (nodes) =>
    Promise.all(
      nodes.map(async ({ name, client }) => ({ node: name, migrations: compare(files, await readLedger(client)) })),
    ),
  );
  return [...living, ...topology.unavailable.map(({ name, reason }) => ({ node: name, unavailable: reason }))];
}

async function allApplied(
  nodes: readonly AdminNode[],
  files: readonly MigrationFile[],
  { layout }: Topology,
): Promise<boolean> {
  let isAll = true;
  for (const { client } of nodes) {
    const ledger = await readLedger(client);
    if (ledger.length > 0) await assertMadeFor(client, layout);
    const statuses = compare(files, ledger);
    assertRunnable(statuses);
    isAll &&= statuses.every(({ state }) => state === 'applied');
  }
  return isAll;
}

async function migrateLocked(
  nodes: AdminNodes,
  files: readonly MigrationFile[],
  { lock: times, log }: Pick<MigrateOptions, 'lock' | 'log'>,
): Promise<readonly string[]> {
  // One lock for all nodes, on the one that comes first for every migrator.
  return await MaintenanceLock.hold(
    nodes[0],
    log,
    async (lock) => {
      const ledgers = new Map<AdminNode, Awaited<ReturnType<typeof readLedger>>>();
      for (const node of nodes) {
        await createLedger(node.client);
        const ledger = await readLedger(node.client);
        assertRunnable(compare(files, ledger));
        ledgers.set(node, ledger);
      }
      return await applyPending({ ledgers, lock, log, files });
    },
    times,
  );
}

function notAllThere(unavailable: readonly UnavailableNode[]): AppError {
  return new AppError(
    'unavailable',
    `Nothing was migrated, because it takes every node, and these do not answer: ${listOf(unavailable)}.`,
  );
}
