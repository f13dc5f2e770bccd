import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf, isCode } from './common/errors.ts';
import type { Config } from './config/config.ts';
import { claimDirectory, makeDirectory } from './journal/owner-directory.ts';
import { requireAddress } from './http/server/listen.ts';
import { loadPayloadSchemas } from './schemas.ts';

/**
 * Looks, before anything is started or changed, for what would keep the service from serving.
 * @throws AppError `invalid`: one sentence that names the variable, and says what to do; and what the file system answers when
 * it is full
 */
export async function preflight(config: Config): Promise<void> {
  const { dataDir, clickhouse, workers, schemasDir } = config;
  await requireAddress(config);
  // Each worker reads them, once an engine runs; a single process does so first of all.
  if (workers > 1) await loadPayloadSchemas(schemasDir);
  await writable(dataDir, async () => (await claimDirectory(path.join(dataDir, 'journal'), Date.now())).release());
  if (clickhouse === undefined) await writable(dataDir, async () => writeTrial(path.join(dataDir, 'clickhouse')));
}

/** What has failed at the start, in plain words where the disk is full. */
export function startFailure(error: unknown, { dataDir }: Config): unknown {
  if (!isFull(error)) return error;
  const message =
    `The disk of DATA_DIR (${dataDir}) is full (${messageOf(error)}). Nothing is lost: what was acknowledged stays there. ` +
    'Free some room on it, and start again.';
  return new AppError('overloaded', message, { cause: error });
}

function isFull(error: unknown): boolean {
  return (
    isCode(error, 'ENOSPC', 'EDQUOT') || (error instanceof Error && error.cause !== undefined && isFull(error.cause))
  );
}

async function writeTrial(directory: string): Promise<void> {
  const trial = path.join(directory, `.trial-${randomUUID()}`);
  await makeDirectory(directory);
  try {
    await writeFile(trial, ' ');
  } finally {
    await rm(trial, { force: true });
  }
}

async function writable(dataDir: string, attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof AppError || isFull(error)) throw error;
    const isFile = isCode(error, 'EEXIST', 'ENOTDIR');
    const found = isFile ? 'is a file or below one' : `cannot be written (${messageOf(error)})`;
    const expected = 'expected a folder that this user may write; set DATA_DIR to one, such as DATA_DIR=./data';
    throw new AppError('invalid', `DATA_DIR: ${dataDir} ${found}, ${expected}`, { cause: error });
  }
}
