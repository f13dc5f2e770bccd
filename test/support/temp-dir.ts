import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TempDir {
  readonly path: string;
  remove(): Promise<void>;
}

const made: string[] = [];

/** A new empty directory. The run fails when it is still there at the end, or a process that was started on it. */
export async function tempDir(): Promise<TempDir> {
  const directory = await mkdtemp(path.join(await realpath(tmpdir()), 'clickhour-test-'));
  made.push(directory);
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Every directory that was made in this run, removed or not. */
export function directoriesMade(): readonly string[] {
  return made;
}
