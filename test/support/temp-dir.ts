import { mkdtemp, realpath, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';

export interface TempDir {
  readonly path: string;
  remove(): Promise<void>;
}

const IN_MEMORY = '/dev/shm';
/** The whole run takes less than a tenth of that. */
const ROOM_BYTES = 4 * 1024 ** 3;

const made: string[] = [];
let chosen: Promise<string> | undefined;

/** A new empty directory. The run fails when it is still there at the end, or a process that was started on it. */
export async function tempDir(): Promise<TempDir> {
  chosen ??= place();
  const directory = await mkdtemp(path.join(await chosen, 'clickhour-test-'));
  made.push(directory);
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Every directory that was made in this run, removed or not. */
export function directoriesMade(): readonly string[] {
  return made;
}

/**
 * In memory where there is room, because no test can tell a disk's `fsync` from none, and each waits for thousands: what a
 * loss of power takes is cut off the files (`faults/harness/disks`). TMPDIR says otherwise.
 */
async function place(): Promise<string> {
  const { bavail, bsize } = await statfs(IN_MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  const isRoomy = Math.min(bavail * bsize, freemem()) > ROOM_BYTES;
  return isRoomy && process.env['TMPDIR'] === undefined ? IN_MEMORY : await realpath(tmpdir());
}
