import { randomBytes } from 'node:crypto';
import { lstat, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { AppError, isCode, isForbidden, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { repeat } from '../common/repeat.ts';
import { isDirectory, makeDirectory, namesIn, syncDirectory, unlessGone } from '../common/files.ts';

/**
 * A directory of one process's own: `{journal}/{owner}/`, in which no other writes segments, and beside the embedded engine's
 * data, that of who may run it.
 *
 * The lock is a Unix socket that the owner listens on. The kernel ends it with the process, also on kill -9, so it can
 * neither be left stuck nor be mistaken for that of a later process; and it holds between containers that share a
 * volume, where process ids mean nothing. An owner's name is never used again, so an owner that is gone stays gone.
 *
 * A lock that is missing, as after somebody cleaned up, is no sign of death: the owner makes it again, and others wait for
 * that. It also does where it finds another socket, as after the directory was moved away and back. An owner that ends and leaves segments leaves a plain file in its place.
 */
export interface OwnerDirectory {
  /** The owner's name: when it started and 8 random hexadecimal digits. Sorts by start. */
  readonly owner: string;
  readonly path: string;
  /** Gives up the lock; the directory is removed when it is empty, and otherwise left for the next server. */
  release(): Promise<void>;
}

const LOCK = 'lock';

interface Lock {
  readonly server: Server;
  /** Of the socket's file, by which to tell it from one that was there before. */
  readonly ino: number;
}

/** How often an owner looks whether its lock is there. */
const LOOK_EVERY_MS = 2_000;

/** For so long after its last change, which the removal of its lock is, a directory without one is still its owner's. */
const MISSING_LOCK_MS = 60_000;

/**
 * Makes a directory of this process's own under `journal`, and locks it. Either is made again when somebody removes it.
 * @param onMadeAgain called when the directory was: what was in it is gone
 * @throws AppError `invalid` when its path is too long for a socket, and what the file system answers
 */
export async function claimDirectory(
  journal: string,
  nowMs: number,
  log?: Pick<Logger, 'warn' | 'error'>,
  onMadeAgain: () => void = () => undefined,
): Promise<OwnerDirectory> {
  const owner = `${new Date(nowMs).toISOString().replace(/\D/g, '')}-${randomBytes(4).toString('hex')}`;
  const directory = path.join(journal, owner);
  let lock = await lockDirectory(directory).catch(async (error: unknown) => {
    await rmdir(directory).catch(() => undefined);
    throw error;
  });
  const look = async () => {
    const found = await unlessGone(lstat(path.join(directory, LOCK)));
    if (found?.ino === lock.ino) return;
    log?.warn({ directory }, 'the lock of this directory is gone; it is made again');
    // First of all: with the socket goes whatever is in its place.
    await close(lock.server);
    const isGone = !(await isDirectory(directory));
    lock = await lockDirectory(directory);
    if (isGone) onMadeAgain();
  };
  const stopLooking = repeat(LOOK_EVERY_MS, look, (error) =>
    log?.error({ err: error, directory }, 'the lock of this directory cannot be made again'),
  );
  return {
    owner,
    path: directory,
    release: async () => {
      await stopLooking();
      await close(lock.server);
      if ((await namesIn(directory)).length === 0) await removeOwner(directory);
      // What cannot be said now is clear a little later.
      else await disown(directory).catch(() => undefined);
    },
  };
}

/** Says of a directory, which is made where there is none, that nobody owns it: the next server takes it over at once. */
export async function disown(directory: string): Promise<void> {
  const lock = path.join(directory, LOCK);
  await makeDirectory(directory);
  await rm(lock, { force: true });
  await writeFile(lock, '');
}

/** Removes the directory of an owner that is gone, and its lock; one in which there is anything else stays. */
export async function removeOwner(directory: string): Promise<void> {
  if ((await namesIn(directory)).some((name) => name !== LOCK)) return;
  try {
    await rm(path.join(directory, LOCK), { force: true });
    await rmdir(directory);
    await syncDirectory(path.dirname(directory));
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY', 'ENOENT', 'ENOTDIR')) throw error;
  }
}

/** The kernel's limit on the path of a Unix socket: 108 bytes on Linux, 104 on macOS, with the ending NUL. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Relative when that is shorter: the kernel's limit is on what is given, not on what it means.
 * @throws AppError `invalid` when it is too long: it would be cut, and be another's
 */
function lockOf(directory: string): string {
  const absolute = path.join(directory, LOCK);
  const relative = path.relative(process.cwd(), absolute);
  const lock = relative.length < absolute.length ? relative : absolute;
  const bytes = Buffer.byteLength(lock);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return lock;
  const expected = `a lock path of at most ${MAX_SOCKET_PATH_BYTES} bytes; choose a shorter DATA_DIR, or run this nearer to it`;
  throw new AppError('invalid', `received ${lock} (${bytes} bytes), expected ${expected}`);
}

/** Makes the directory, too, where there is none. A loss of power takes neither. */
async function lockDirectory(directory: string): Promise<Lock> {
  const lock = lockOf(directory);
  await makeDirectory(directory);
  const server = await listen(lock);
  try {
    const { ino } = await lstat(lock);
    await syncDirectory(directory);
    return { server, ino };
  } catch (error) {
    await close(server);
    throw error;
  }
}

async function close(lock: Server): Promise<void> {
  await new Promise((resolve) => lock.close(resolve));
}

async function listen(lock: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    // Exclusive: a cluster's primary would otherwise hold the socket, and outlive the worker with it.
    server.once('error', reject).listen({ path: lock, exclusive: true }, resolve);
  }).catch((error: unknown) => {
    const expected = 'a DATA_DIR on a local disk, where a Unix socket can be made';
    throw new AppError('invalid', `received ${messageOf(error)}, expected ${expected}`, { cause: error });
  });
  return server.unref();
}

/**
 * Whether the process that owns the directory is still there.
 * @throws AppError `unavailable` when this user may not ask, `invalid` when the path of its lock is too long from here
 */
export async function isAlive(directory: string): Promise<boolean> {
  try {
    const lock = await unlessGone(lstat(path.join(directory, LOCK)));
    if (lock === undefined) return await hasChangedLately(directory);
    return lock.isSocket() && (await isListenedOn(lockOf(directory)));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const expected = `a directory of this user; if its process is gone: chown -R ${process.getuid?.() ?? 'USER'} ${directory}`;
    throw new AppError('unavailable', `received ${messageOf(error)}, expected ${expected}`, { cause: error });
  }
}

async function hasChangedLately(directory: string): Promise<boolean> {
  const found = await unlessGone(stat(directory));
  return found !== undefined && Math.abs(Date.now() - found.mtimeMs) < MISSING_LOCK_MS;
}

/** Anything but "no one listens" is taken for life: waiting loses nothing. */
async function isListenedOn(lock: string): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    const socket = connect(lock);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (isForbidden(error)) reject(error);
      else resolve(!isCode(error, 'ECONNREFUSED'));
    });
  });
}
