import { createReadStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { isAlive, isCode, syncDirectory } from '../journal/owner-directory.ts';
import { QUARANTINE } from '../journal/quarantine.ts';
import { namesIn, ownersIn, segmentsIn, waitingSegments, type SegmentPlace } from '../journal/waiting-segments.ts';
import { writeStream } from './copy-file.ts';
import type { BackupFile } from './manifest.ts';

/**
 * Copies what waits in the journals below `journal` now, and what is in quarantine, to `journal/` below `directory`, while
 * servers run. A segment that is being written is copied up to where it is: what follows was acknowledged later, and its
 * last, torn row is cut off by whoever takes it over. One that goes meanwhile has reached ClickHouse; one that another
 * server takes over meanwhile has another place, and is looked for.
 */
export async function copyJournals(journal: string, directory: string): Promise<readonly BackupFile[]> {
  const copied = new Map<string, BackupFile>();
  const quarantined = (await namesIn(path.join(journal, QUARANTINE))).filter((name) => !name.endsWith('.part'));
  for (const name of quarantined) await copy(journal, { owner: QUARANTINE, name }, directory, copied);
  const wanted = new Set(await waitingSegments(journal));
  // Twice missed: a takeover moves a file once.
  for (let misses = 0; wanted.size > 0 && misses < 2;) {
    const found = (await segmentsIn(journal)).filter(({ name }) => wanted.has(name));
    for (const segment of found) {
      if (await copy(journal, segment, directory, copied)) wanted.delete(segment.name);
    }
    misses = found.length === 0 ? misses + 1 : 0;
  }
  return [...copied.values()];
}

/** Puts the segments and the quarantine of a backup below `dataDir`, where the next server takes them over. */
export async function putBackJournals(files: readonly BackupFile[], directory: string, dataDir: string): Promise<void> {
  for (const { path: name } of files) await writeStream(dataDir, name, createReadStream(path.join(directory, name)));
}

/** Whether anything waits in the journals. */
export async function hasSegments(journal: string): Promise<boolean> {
  return (await segmentsIn(journal)).length > 0 || (await namesIn(path.join(journal, QUARANTINE))).length > 0;
}

/** Whether a server runs that has its journal there. */
export async function hasLivingOwner(journal: string): Promise<boolean> {
  for (const owner of await ownersIn(journal)) if (await isAlive(path.join(journal, owner))) return true;
  return false;
}

/** Moves all journals of servers that are gone aside, for a person; returns where to. */
export async function moveAside(journal: string, nowMs: number): Promise<string> {
  const aside = `${journal}.replaced-${new Date(nowMs).toISOString().replaceAll(/\D/g, '')}`;
  await rename(journal, aside);
  await mkdir(journal);
  await syncDirectory(path.dirname(journal));
  return aside;
}

/** @returns whether it was there */
async function copy(
  journal: string,
  { owner, name }: SegmentPlace,
  directory: string,
  copied: Map<string, BackupFile>,
): Promise<boolean> {
  try {
    const source = createReadStream(path.join(journal, owner, name));
    // Opened before anything is written, so that one that is gone leaves nothing.
    await new Promise((resolve, reject) => source.once('open', resolve).once('error', reject));
    copied.set(name, await writeStream(directory, `journal/${owner}/${name}`, source));
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
