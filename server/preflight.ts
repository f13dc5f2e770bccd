import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf } from './common/errors.ts';
import type { Config } from './config/config.ts';
import { makeDirectory } from './journal/owner-directory.ts';
import { requireAddress } from './http/server/listen.ts';

/**
 * Looks, before anything is started or changed, for what would keep the service from serving.
 * @throws AppError `invalid`: one sentence that names the variable, and says what to do
 */
export async function preflight(config: Config): Promise<void> {
  await requireAddress(config);
  const folders = config.clickhouse === undefined ? ['journal', 'clickhouse'] : ['journal'];
  for (const folder of folders) await requireWritable(config.dataDir, folder);
}

async function requireWritable(dataDir: string, folder: string): Promise<void> {
  const trial = path.join(dataDir, folder, `.trial-${randomUUID()}`);
  try {
    await makeDirectory(path.dirname(trial));
    await (await open(trial, 'w')).close();
    await unlink(trial);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A full disk is no reason not to start: what is on it can be shipped.
    if (code === 'ENOSPC' || code === 'EDQUOT') return;
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const found = isFile ? 'is a file or below one' : `cannot be written (${messageOf(error)})`;
    const expected = 'expected a folder that this user may write; set DATA_DIR to one, such as DATA_DIR=./data';
    throw new AppError('invalid', `DATA_DIR: ${dataDir} ${found}, ${expected}`, { cause: error });
  }
}
