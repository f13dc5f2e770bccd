import { lstat, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, isCode, removeOwner, syncDirectory, type OwnerDirectory } from './owner-directory.ts';
import { freePath, QUARANTINE, type Quarantine } from './quarantine.ts';
import { isSegmentFile, isUnfinished, tableOf } from './segment.ts';

export interface TakenOver {
  /** The paths of the segments, now in the directory of who took them: oldest owner first, in the order they were written. */
  readonly files: readonly string[];
  /** Why not everything could be taken. What could not stays where it is, and keeps nothing else back. */
  readonly failures: readonly unknown[];
}

/**
 * Takes over the segments of every owner under `journal` that is gone. Each file moves by one rename, so of several
 * servers that start at once exactly one gets it. What has the name of a segment and cannot be one goes into quarantine.
 */
export async function takeOver(
  journal: string,
  mine: OwnerDirectory,
  quarantine: Pick<Quarantine, 'take'>,
): Promise<TakenOver> {
  const taken = { files: [] as string[], failures: [] as unknown[] };
  const entries = await readdir(journal, { withFileTypes: true });
  const owners = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const owner of owners.sort()) {
    if (owner.startsWith('.') || owner === QUARANTINE || owner === mine.owner) continue;
    const directory = path.join(journal, owner);
    try {
      if (!(await isAlive(directory))) await takeFrom(directory, mine, quarantine, taken);
    } catch (error) {
      taken.failures.push(error);
    }
  }
  return taken;
}

/** Adds each file to `taken` as it is moved, so that a failure after it does not hide it; nor does one before it. */
async function takeFrom(
  directory: string,
  mine: OwnerDirectory,
  quarantine: Pick<Quarantine, 'take'>,
  taken: { readonly files: string[]; readonly failures: unknown[] },
): Promise<void> {
  for (const name of await filesIn(directory, isSegmentFile)) {
    const file = path.join(directory, name);
    const isSegment = await isRegular(file);
    if (isSegment === undefined) continue;
    if (!isSegment || tableOf(file) === undefined) {
      await quarantine.take(file).catch((error: unknown) => taken.failures.push(error));
      continue;
    }
    // A copy of a journal that was put back has names that were here before.
    const target = await freePath(path.join(mine.path, name));
    if (await moved(file, target)) taken.files.push(target);
  }
  await syncDirectory(mine.path);
  // A rewriting that was killed leaves them beside the segment that they were to replace.
  for (const name of await filesIn(directory, isUnfinished)) await rm(path.join(directory, name), { force: true });
  await removeOwner(directory);
}

/** None where another server has removed the directory meanwhile. */
async function filesIn(directory: string, isWanted: (name: string) => boolean): Promise<string[]> {
  try {
    return (await readdir(directory)).filter(isWanted).sort();
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Undefined: it is gone. */
async function isRegular(file: string): Promise<boolean | undefined> {
  try {
    return (await lstat(file)).isFile();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
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
