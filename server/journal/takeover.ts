import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { isMoved, namesIn, syncDirectory, unlessGone } from '../common/files.ts';
import { isAlive, removeOwner, type OwnerDirectory } from './owner-directory.ts';
import { freePath } from './quarantine.ts';
import { isSegmentFile, isUnfinished } from './segment.ts';
import { ownersIn } from './waiting-segments.ts';

export interface TakenOver {
  /** The paths of the segments, now in the directory of who took them: oldest owner first, in the order they were written. */
  readonly files: readonly string[];
  /** Why not everything could be taken. What could not stays where it is, and keeps nothing else back. */
  readonly failures: readonly unknown[];
}

/**
 * Takes over the segments of every owner under `journal` that is gone. Each file moves by one rename, so of several
 * servers that start at once exactly one gets it. What has the name of a segment and is none is found out when it is read.
 * @param mayTake whether all segments of an owner, of so many bytes, are taken; those that are not stay for another
 */
export async function takeOver(
  journal: string,
  mine: OwnerDirectory,
  mayTake: (bytes: number) => boolean = () => true,
): Promise<TakenOver> {
  const taken = { files: [] as string[], failures: [] as unknown[] };
  const others = (await ownersIn(journal)).filter((owner) => owner !== mine.owner);
  for (const owner of others.sort()) {
    const directory = path.join(journal, owner);
    try {
      if (!(await isAlive(directory))) await takeFrom(directory, mine, mayTake, taken.files);
    } catch (error) {
      taken.failures.push(error);
    }
  }
  return taken;
}

/** Adds each file to `taken` as it is moved, so that a failure after it does not hide it. */
async function takeFrom(
  directory: string,
  mine: OwnerDirectory,
  mayTake: (bytes: number) => boolean,
  taken: string[],
): Promise<void> {
  const names = (await namesIn(directory)).sort();
  const segments = names.filter(isSegmentFile).map((name) => path.join(directory, name));
  const sizes = await Promise.all(segments.map(async (file) => (await unlessGone(lstat(file)))?.size ?? 0));
  if (!mayTake(sizes.reduce((sum, size) => sum + size, 0))) return;
  for (const file of segments) {
    // A copy of a journal that was put back has names that were here before.
    const target = await freePath(path.join(mine.path, path.basename(file)));
    if (await isMoved(file, target)) taken.push(target);
  }
  await syncDirectory(mine.path);
  // A rewriting that was killed leaves them beside the segment that they were to replace.
  for (const name of names.filter(isUnfinished)) await rm(path.join(directory, name), { force: true });
  await removeOwner(directory);
}
