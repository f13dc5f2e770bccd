import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { AppError } from '../errors.ts';
import { isSegmentFile } from './segment.ts';

/**
 * The directory in which one process, and no other, writes segments: `{journal}/{owner}/`.
 *
 * The lock is a Unix socket that the owner listens on. The kernel ends it with the process, also on kill -9, so it can
 * neither be left stuck nor be mistaken for that of a later process; and it holds between containers that share a
 * volume, where process ids mean nothing. An owner's name is never used again, so an owner that is gone stays gone.
 */
export interface OwnerDirectory {
  /** The owner's name: when it started and 8 random hexadecimal digits. Sorts by start. */
  readonly owner: string;
  readonly path: string;
  /** Gives up the lock; the directory is removed when it is empty, and otherwise left for the next server. */
  release(): Promise<void>;
}

/** Beside the owners' directories: what is set aside there is never taken over. */
export const SET_ASIDE = 'damaged';

/** Makes a directory of this process's own under `journal`, and locks it. */
export async function claimDirectory(journal: string, nowMs: number): Promise<OwnerDirectory> {
  const owner = `${new Date(nowMs).toISOString().replace(/\D/g, '')}-${randomBytes(4).toString('hex')}`;
  const directory = path.join(journal, owner);
  // Others see the directory only once its lock is held.
  const unlocked = path.join(journal, `.${owner}`);
  requireShortPath(lockOf(unlocked));
  await mkdir(unlocked, { recursive: true });
  const lock = await listen(lockOf(unlocked));
  await rename(unlocked, directory);
  await syncDirectory(journal);
  return {
    owner,
    path: directory,
    release: async () => {
      await new Promise((resolve) => lock.close(resolve));
      await rm(lockOf(directory), { force: true });
      await removeIfEmpty(directory);
    },
  };
}

export interface TakenOver {
  /** The paths of the segments, now in the directory of who took them: oldest owner first, in the order they were written. */
  readonly files: readonly string[];
  /** Why not everything could be taken. What could not stays where it is, and keeps nothing else back. */
  readonly failures: readonly unknown[];
}

/**
 * Takes over the segments of every owner under `journal` that is gone. Each file moves by one rename, so of several
 * servers that start at once exactly one gets it.
 */
export async function takeOver(journal: string, mine: OwnerDirectory): Promise<TakenOver> {
  const files: string[] = [];
  const failures: unknown[] = [];
  const entries = await readdir(journal, { withFileTypes: true });
  const owners = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const owner of owners.sort()) {
    if (owner.startsWith('.') || owner === SET_ASIDE || owner === mine.owner) continue;
    const directory = path.join(journal, owner);
    if (await isAlive(directory)) continue;
    await takeFrom(directory, mine, files).catch((error: unknown) => failures.push(error));
  }
  if (files.length > 0) await syncDirectory(mine.path).catch((error: unknown) => failures.push(error));
  return { files, failures };
}

/** Adds each file to `taken` as it is moved, so that a failure after it does not hide it. */
async function takeFrom(directory: string, mine: OwnerDirectory, taken: string[]): Promise<void> {
  for (const file of await segmentFiles(directory)) {
    const target = path.join(mine.path, file);
    if (await moved(path.join(directory, file), target)) taken.push(target);
  }
  await rm(path.join(directory, 'lock'), { force: true });
  await removeIfEmpty(directory);
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

/** The kernel's limit on the path of a Unix socket: 108 bytes on Linux, 104 on macOS, with the ending NUL. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Relative when that is shorter: the kernel's limit is on what is given, not on what it means. */
function lockOf(directory: string): string {
  const absolute = path.join(directory, 'lock');
  const relative = path.relative(process.cwd(), absolute);
  return relative.length < absolute.length ? relative : absolute;
}

function requireShortPath(lock: string): void {
  const bytes = Buffer.byteLength(lock);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return;
  const expected = `a lock path of at most ${MAX_SOCKET_PATH_BYTES} bytes; choose a shorter DATA_DIR`;
  throw new AppError('invalid', `received ${lock} (${bytes} bytes), expected ${expected}`);
}

async function listen(lock: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    // Exclusive: a cluster's primary would otherwise hold the socket, and outlive the worker with it.
    server.once('error', reject).listen({ path: lock, exclusive: true }, resolve);
  });
  return server.unref();
}

async function isAlive(directory: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(lockOf(directory));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Anything but "no one listens" and "there is no lock" is taken for life: waiting loses nothing.
      resolve(!['ECONNREFUSED', 'ENOENT', 'ENOTDIR', 'ENOTSOCK'].includes(error.code ?? ''));
    });
  });
}

/** None where another server has removed the directory meanwhile. */
async function segmentFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter(isSegmentFile).sort();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function removeIfEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory);
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY', 'ENOENT', 'ENOTDIR')) throw error;
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
