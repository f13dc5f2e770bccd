import { constants, createReadStream } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from '../common/errors.ts';
import { makeDirectory, namesIn } from '../common/files.ts';
import { disown, isAlive } from '../journal/owner-directory.ts';
import { QUARANTINE } from '../journal/quarantine.ts';
import { UNFINISHED } from '../journal/segment.ts';
import {
  ownersIn,
  replacedJournalPath,
  segmentsIn,
  waitingSegments,
  type SegmentPlace,
} from '../journal/waiting-segments.ts';
import { writeStream } from './copy-file.ts';
import { isFilePath, type BackupFile } from './manifest.ts';

/** Never follows a link out of the journal, and never waits for somebody to write into a pipe. */
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Copies what waits in the journals below `journal` now, and what servers put in quarantine, to `journal/` below `directory`,
 * while servers run. A segment that is being written is copied up to where it is: what follows was acknowledged later, and its
 * last, torn row is cut off by whoever takes it over. One that goes meanwhile has reached ClickHouse, or is in quarantine,
 * which is copied after it, or what was refused of it is in a segment that was begun since. One that another server takes
 * over meanwhile has another place, and is looked for. What is no file holds no event.
 */
export async function copyJournals(journal: string, directory: string): Promise<readonly BackupFile[]> {
  const copied: BackupFile[] = [];
  const known = new Set<string>();
  for (let looks = 0; looks < 2; looks += 1) {
    const wanted = [...(await waitingSegments(journal))].filter((name) => !known.has(name));
    await copySegments(journal, new Set(wanted), directory, copied);
    for (const name of wanted) known.add(name);
  }
  for (const name of await namesIn(path.join(journal, QUARANTINE))) {
    // A person may have left things there by any name.
    if (name.endsWith(UNFINISHED) || !isFilePath(pathOf({ owner: QUARANTINE, name }))) continue;
    await copy(journal, { owner: QUARANTINE, name }, directory, copied);
  }
  return copied;
}

/** @param wanted their names; those that were found are taken out of it */
async function copySegments(
  journal: string,
  wanted: Set<string>,
  directory: string,
  copied: BackupFile[],
): Promise<void> {
  // Twice missed: a takeover moves a file once.
  for (let misses = 0; wanted.size > 0 && misses < 2;) {
    const found = (await segmentsIn(journal)).filter(({ name }) => wanted.has(name));
    for (const segment of found) {
      if (await copy(journal, segment, directory, copied)) wanted.delete(segment.name);
    }
    misses = found.length === 0 ? misses + 1 : 0;
  }
}

/** Puts the segments and the quarantine of a backup below `dataDir`, where the next server takes them over. */
export async function putBackJournals(files: readonly BackupFile[], directory: string, dataDir: string): Promise<void> {
  const owners = new Set(files.map(({ path: name }) => path.dirname(name)));
  for (const owner of owners) if (path.basename(owner) !== QUARANTINE) await disown(path.join(dataDir, owner));
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

/** Moves all journals of servers that are gone out of the way, for a person; returns where to. */
export async function replaceJournals(journal: string, nowMs: number): Promise<string> {
  const replaced = replacedJournalPath(journal, nowMs);
  await rename(journal, replaced);
  await makeDirectory(journal);
  return replaced;
}

/** @returns whether it was there, whatever it was */
async function copy(journal: string, place: SegmentPlace, directory: string, copied: BackupFile[]): Promise<boolean> {
  const file = path.join(journal, place.owner, place.name);
  let handle: FileHandle;
  try {
    // Before anything is written, so that one that is gone leaves nothing.
    handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return false;
    // A link, and a socket.
    if (isCode(error, 'ELOOP', 'ENXIO')) return true;
    throw error;
  }
  try {
    if ((await handle.stat()).isFile())
      copied.push(await writeStream(directory, pathOf(place), handle.createReadStream({ autoClose: false })));
    return true;
  } finally {
    await handle.close();
  }
}

/** In a backup. Any folder of the journal is that of an owner, by whatever name. */
function pathOf({ owner, name }: SegmentPlace): string {
  const usual = `journal/${owner}/${name}`;
  if (owner === QUARANTINE || isFilePath(usual)) return usual;
  return `journal/${Buffer.from(owner).toString('hex')}/${name}`;
}
