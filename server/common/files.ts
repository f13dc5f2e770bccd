import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError, isCode, isForbidden, messageOf } from './errors.ts';

/**
 * Makes a directory and those above it, for this account alone, with names that a loss of power does not take. Not `recursive`, with
 * which Node tries for ever where a parent can be neither found nor made, such as in /proc.
 */
export async function makeDirectory(directory: string): Promise<void> {
  if (await isDirectory(directory)) return;
  const above = path.dirname(directory);
  if (above !== directory) await makeDirectory(above);
  await mkdir(directory, { mode: 0o700 }).catch(async (error: unknown) => {
    if (!(await isDirectory(directory))) throw error;
  });
  await syncDirectory(above);
}

/** Whether there is a directory at this path, or a link to one. */
export async function isDirectory(place: string): Promise<boolean> {
  return await stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Makes the names of the files in a directory durable; without it a new file can vanish with a loss of power. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Undefined where what is worked on, or a directory above it, is gone. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return await work.catch((error: unknown) => {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
}

/** None where there is no such directory. */
export async function namesIn(directory: string): Promise<string[]> {
  return (await unlessGone(readdir(directory))) ?? [];
}

/** Whether a file was still there to be moved. */
export async function isMoved(from: string, to: string): Promise<boolean> {
  return (await unlessGone(rename(from, to).then(() => true))) ?? false;
}

/** What the file system forbade this user in its directories, with what a person can do; everything else as it is. */
export function withAdvice(error: unknown): unknown {
  if (!isForbidden(error)) return error;
  const { path: place, dest } = error as { path?: string; dest?: string };
  const directories = new Set([place, dest].flatMap((file) => (file === undefined ? [] : [path.dirname(file)])));
  const user = process.getuid?.() ?? 'USER';
  const fixes = [...directories].map((each) => `chown -R ${user} '${each}'; chmod -R u+rwX '${each}'`);
  const message = `received ${messageOf(error)}, expected what is this user’s: ${fixes.join('; ')}`;
  return new AppError('unavailable', message, { cause: error });
}
