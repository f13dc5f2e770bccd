import { lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { withAdmins } from '../clickhouse/admin-node.ts';
import type { ClickHouseClient } from '../clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { rawSinceS } from '../clickhouse/retention.ts';
import { readTopology } from '../clickhouse/topology.ts';
import { AppError } from '../common/errors.ts';
import { makeDirectory, syncDirectory, unlessGone } from '../common/files.ts';
import { readLedger } from '../migrate/ledger.ts';
import { COPIED_TABLES } from './copied-tables.ts';
import { copyJournals } from './copy-journals.ts';
import { copyTable } from './copy-table.ts';
import { hasErased, refuseWhileErasing } from './erasures.ts';
import { writeManifest, type BackupTable, type Manifest } from './manifest.ts';

export interface BackupOptions {
  /** Lends the ClickHouse; throws, when it cannot vouch for what was read there. */
  readonly lend: (use: (endpoint: ClickHouseEndpoint) => Promise<Manifest>) => Promise<Manifest>;
  readonly database: string;
  readonly dataDir: string;
  /** Where the backup is to be: nothing is there yet. */
  readonly target: string;
  readonly nowMs: () => number;
  /** Called with each table and the journals once they are copied. */
  readonly onCopied: (what: string, rows: number) => Promise<void> | void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const REQUEST_TIMEOUT_MS = 6 * 60 * 60 * 1000;

/**
 * Copies everything that was acknowledged before now, while servers run. The journals first, then the tables: an event
 * goes from the one to the other, so that it is in both copies or in one, and not in neither. What is in both counts once.
 * @throws AppError `invalid` when something is at the target already, `unavailable` while a user is being erased, or a node
 * does not answer; and the reason of the signal. Nothing is left of it then
 */
export async function backup(options: BackupOptions): Promise<Manifest> {
  const { lend, database, target, signal } = options;
  await requireFree(target);
  await makeDirectory(path.dirname(target));
  const partial = await mkdtemp(`${target}.partial-`);
  try {
    const asAdmin = { database, requestTimeoutMs: REQUEST_TIMEOUT_MS };
    const manifest = await lend(async (endpoint) =>
      // One node alone: another would begin anew, where files of the first are.
      withAdmins(await readTopology(endpoint), asAdmin, async ([{ client }]) =>
        copyAll(endpoint, client, partial, options),
      ),
    );
    signal.throwIfAborted();
    await writeManifest(partial, manifest);
    await syncDirectory(partial);
    await rename(partial, target);
    await syncDirectory(path.dirname(target));
    return manifest;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function copyAll(
  endpoint: ClickHouseEndpoint,
  client: ClickHouseClient,
  partial: string,
  options: BackupOptions,
): Promise<Manifest> {
  const { database, dataDir, nowMs, onCopied, signal } = options;
  const beganAt = new Date(nowMs()).toISOString();
  const before = await refuseWhileErasing(endpoint, database);
  // What it says is read behind the copies; whether it can be is known now.
  await rawSinceS(endpoint, database);
  const journal = await copyJournals(path.join(dataDir, 'journal'), partial);
  await onCopied('journal', journal.length);
  const tables: BackupTable[] = [];
  for (const table of COPIED_TABLES) {
    const copied = await copyTable(client, table, partial, signal);
    tables.push(copied);
    await onCopied(table.name, copied.rows);
  }
  // Behind the copies: RETENTION_DAYS may have removed raw events meanwhile, and it only grows.
  const wholeSinceS = await rawSinceS(endpoint, database);
  const ledger = await readLedger(client);
  const migrations = ledger.filter(({ statement }) => statement === 0).map(({ name }) => name);
  if (hasErased(before, await refuseWhileErasing(endpoint, database)))
    throw new AppError('unavailable', 'Events were removed while they were copied: back up again.');
  return { format: 1, beganAt, migrations, wholeSinceS, tables, journal };
}

/** Not even an empty directory: what another file system is mounted at cannot be replaced. */
async function requireFree(target: string): Promise<void> {
  if ((await unlessGone(lstat(target))) === undefined) return;
  throw new AppError('invalid', `${target} is there already, expected a name for a new directory.`);
}
