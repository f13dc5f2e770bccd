import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { namesIn, unlessGone } from '../common/files.ts';
import { QUARANTINE } from './quarantine.ts';
import { isSegmentFile } from './segment.ts';

/** Where a segment is. Its name stays the same whoever has it. */
export interface SegmentPlace {
  readonly owner: string;
  readonly name: string;
}

/**
 * The names of all segments that wait below `journal`, the directory of all journals. Twice looked for: one that a server
 * takes over during a look can be missed at its old place and at its new one.
 */
export async function waitingSegments(journal: string): Promise<ReadonlySet<string>> {
  const looks = [await segmentsIn(journal), await segmentsIn(journal)];
  return new Set(looks.flat().map(({ name }) => name));
}

/** The segments that one look finds. */
export async function segmentsIn(journal: string): Promise<SegmentPlace[]> {
  const places: SegmentPlace[] = [];
  for (const owner of await ownersIn(journal)) {
    const names = (await namesIn(path.join(journal, owner))).filter(isSegmentFile);
    places.push(...names.map((name) => ({ owner, name })));
  }
  return places;
}

const REPLACED = '.replaced-';

/** Where the journals go that a restore replaces. No server takes them over: they are for a person. */
export function replacedJournalPath(journal: string, nowMs: number): string {
  return `${journal}${REPLACED}${new Date(nowMs).toISOString().replaceAll(/\D/g, '')}`;
}

/** All journals that were replaced. */
export async function replacedJournalsOf(journal: string): Promise<string[]> {
  const { dir, base } = path.parse(journal);
  const names = (await namesIn(dir)).filter((name) => name.startsWith(`${base}${REPLACED}`));
  return names.map((name) => path.join(dir, name));
}

/** The directories of all owners. A link to one is none: what is in it may be another journal's. */
export async function ownersIn(journal: string): Promise<string[]> {
  const entries = (await unlessGone(readdir(journal, { withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== QUARANTINE)
    .map(({ name }) => name);
}
