import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MigrationError, Umzug } from 'umzug';
import { connect, type ClickHouseClient } from '../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../server/clickhouse/endpoint.ts';
import { AppError, messageOf } from '../server/errors.ts';
import type { Logger } from '../server/log.ts';
import { checksum, readMigrations, type MigrationFile } from './files.ts';
import { createLedger, readLedger, writeLedger, type LedgerRow } from './ledger.ts';
import { MigrationLock, type LockTimes } from './lock.ts';
import { assertRunnable, compare, type MigrationStatus } from './plan.ts';

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
export const migrationsDirectory = path.join(projectRoot(), 'migrations');

const LOCK_TIMES: LockTimes = { waitMs: 300_000, staleMs: 15_000 };
/** A statement may rewrite a large table. */
const STATEMENT_TIMEOUT_MS = 6 * 60 * 60 * 1000;

/**
 * Brings the database to the state that the files describe, and returns the names of the files it applied, in order.
 * Safe to call twice, and from several machines at once. A file is applied statement by statement, and each is written
 * down once it has succeeded, so the run after a failure goes on with the statement that failed.
 * @throws AppError `invalid` when a file changed after it was applied, or the database is newer than the files
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { endpoint, database, log, directory = migrationsDirectory, lock: times = LOCK_TIMES } = options;
  const files = await readMigrations(directory);
  await createDatabase(endpoint, database);
  const client = connect({ endpoint, role: 'admin', database, requestTimeoutMs: STATEMENT_TIMEOUT_MS });
  try {
    // Without the lock first: most starts have nothing to do, and should leave the database alone.
    if (allApplied(files, await readLedger(client))) return [];
    const lock = await MigrationLock.acquire(client, times, log);
    try {
      await createLedger(client);
      const ledger = await readLedger(client);
      assertRunnable(compare(files, ledger));
      return await applyPending({ client, lock, log, files, ledger });
    } finally {
      // Not thrown: it would hide why the run failed, and a lock that stays behind only costs the next run some seconds.
      await lock
        .release()
        .catch((error: unknown) => log.warn({ err: error }, 'the migration lock was not released'));
    }
  } finally {
    await client.close();
  }
}

/** Compares the files with the database and changes nothing, so it works on a database that does not exist, too. */
export async function migrationStatus(
  options: Pick<MigrateOptions, 'endpoint' | 'database' | 'directory'>,
): Promise<readonly MigrationStatus[]> {
  const { endpoint, database, directory = migrationsDirectory } = options;
  const files = await readMigrations(directory);
  const client = connect({ endpoint, role: 'admin', database });
  try {
    return compare(files, await readLedger(client));
  } finally {
    await client.close();
  }
}

interface Run {
  readonly client: ClickHouseClient;
  readonly lock: MigrationLock;
  readonly log: Logger;
  readonly files: readonly MigrationFile[];
  readonly ledger: readonly LedgerRow[];
}

async function applyPending(run: Run): Promise<readonly string[]> {
  const { client, files, ledger } = run;
  const checksums = new Map(files.map(({ name, checksum }) => [name, checksum]));
  const umzug = new Umzug<object>({
    migrations: files.map((file) => ({ name: file.name, path: file.path, up: () => applyFile(run, file) })),
    storage: {
      executed: () =>
        Promise.resolve(ledger.filter(({ statement }) => statement === 0).map(({ name }) => name)),
      logMigration: ({ name }) =>
        writeLedger(client, { name, statement: 0, checksum: checksums.get(name) ?? '', durationMs: 0 }),
      unlogMigration: () => Promise.reject(new Error('migrations only go up')),
    },
    logger: undefined,
  });
  try {
    return (await umzug.up()).map(({ name }) => name);
  } catch (error) {
    // Umzug repeats our message in a message of its own.
    throw error instanceof MigrationError ? error.cause : error;
  }
}

async function applyFile({ client, lock, log, ledger }: Run, file: MigrationFile): Promise<void> {
  const done = new Set(ledger.filter(({ name }) => name === file.name).map(({ statement }) => statement));
  for (const [index, sql] of file.statements.entries()) {
    const statement = index + 1;
    if (done.has(statement)) continue;
    await lock.assertHeld();
    const startedMs = performance.now();
    try {
      await client.command({
        query: sql,
        clickhouse_settings: { async_insert: 0, mutations_sync: '2', alter_sync: '2' },
      });
    } catch (error) {
      throw statementFailed(file, statement, sql, error);
    }
    const durationMs = performance.now() - startedMs;
    await writeLedger(client, { name: file.name, statement, checksum: checksum(sql), durationMs });
  }
  log.info({ migration: file.name, statements: file.statements.length }, 'migration applied');
}

function statementFailed(file: MigrationFile, statement: number, sql: string, cause: unknown): AppError {
  const where = `${file.name}.sql, statement ${statement} of ${file.statements.length}`;
  return new AppError('internal', `${where} failed: ${messageOf(cause)}\n\n${sql}`, { cause });
}

function allApplied(files: readonly MigrationFile[], ledger: readonly LedgerRow[]): boolean {
  const statuses = compare(files, ledger);
  assertRunnable(statuses);
  return statuses.every(({ state }) => state === 'applied');
}

async function createDatabase(endpoint: ClickHouseEndpoint, database: string): Promise<void> {
  const client = connect({ endpoint, role: 'admin' });
  try {
    await client.command({
      query: 'CREATE DATABASE IF NOT EXISTS {database:Identifier}',
      query_params: { database },
    });
  } finally {
    await client.close();
  }
}

function projectRoot(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  return here.endsWith(path.join('.build', 'migrations')) ? path.join(here, '../..') : path.join(here, '..');
}
