import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, invalid, isCode, isDiskFull, messageOf, type Issue } from './common/errors.ts';
import type { Config } from './config/config.ts';
import { claimDirectory } from './journal/owner-directory.ts';
import { requireAddress } from './http/server/listen.ts';
import { loadPayloadSchemas } from './schemas.ts';

/**
 * Looks, before anything is started, for what would keep the service from serving. Where something would, it leaves nothing
 * behind, but on a full disk.
 * @param wrong variables that are known to be wrong, in whose place `config` has defaults
 * @returns everything that it found: the variable, and what to do
 * @throws what the file system answers when it is full
 */
export async function preflight(config: Config, wrong: readonly string[]): Promise<Issue[]> {
  const { host, schemasDir, dataDir } = config;
  const port = wrong.includes('PORT') ? 0 : config.port;
  const below = ['journal', 'clickhouse/owners', 'clickhouse'].map((name) => path.join(dataDir, name));
  const missing = [...below, ...missingFrom(dataDir)].filter((directory) => !existsSync(directory));
  const checks = [async () => loadPayloadSchemas(schemasDir), async () => tryDataDir(config)];
  if (!wrong.includes('HOST')) checks.unshift(async () => requireAddress({ host, port }));
  const found: Issue[] = [];
  for (const check of checks) found.push(...(await issuesOf(check)));
  if (wrong.length + found.length === 0) return found;
  // None that somebody else has put something into by now.
  for (const directory of missing) await rmdir(directory).catch(() => undefined);
  return found;
}

/** What has failed at the start, in plain words where the disk is full. */
export function startFailure(error: unknown, { dataDir }: Config): unknown {
  if (!isDiskFull(error)) return error;
  const message =
    `The disk of DATA_DIR (${dataDir}) is full (${messageOf(error)}). Nothing is lost: what was acknowledged stays there. ` +
    'Free some room on it, and start again.';
  return new AppError('overloaded', message, { cause: error });
}

async function issuesOf(check: () => Promise<unknown>): Promise<readonly Issue[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (error instanceof AppError && error.issues.length > 0) return error.issues;
    throw error;
  }
}

/** Writes there what the service will. */
async function tryDataDir({ dataDir, clickhouse }: Config): Promise<void> {
  try {
    await tryToOwn(path.join(dataDir, 'journal'));
    if (clickhouse !== undefined) return;
    await tryToOwn(path.join(dataDir, 'clickhouse', 'owners'));
    await writeTrial(path.join(dataDir, 'clickhouse'));
  } catch (error) {
    if (isDiskFull(error)) throw error;
    throw invalid([{ path: 'DATA_DIR', message: notWritable(dataDir, error) }]);
  }
}

/** The directory and those above it that are not there, the last of a path first. */
function missingFrom(directory: string): string[] {
  return existsSync(directory) ? [] : [directory, ...missingFrom(path.dirname(directory))];
}

async function tryToOwn(owners: string): Promise<void> {
  await (await claimDirectory(owners, Date.now())).release();
}

async function writeTrial(directory: string): Promise<void> {
  const trial = path.join(directory, `.trial-${randomUUID()}`);
  try {
    await writeFile(trial, ' ');
  } finally {
    await rm(trial, { force: true });
  }
}

function notWritable(dataDir: string, error: unknown): string {
  if (error instanceof AppError) return error.message;
  const isFile = isCode(error, 'EEXIST', 'ENOTDIR');
  const found = isFile ? 'is a file or below one' : `cannot be written (${messageOf(error)})`;
  return `${dataDir} ${found}, expected a folder that this user may write; set DATA_DIR to one, such as DATA_DIR=./data`;
}
