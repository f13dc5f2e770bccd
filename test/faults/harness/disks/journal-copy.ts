import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { disown } from '../../../../server/journal/owner-directory.ts';
import type { Random } from '../../../support/events/random.ts';
import { journalFiles } from '../stored-ledger.ts';

/** The name of a segment's file: the table, when its owner started, the owner's random digits, the number. */
const SEGMENT = /^([a-z_]+)-(\d{17})-[0-9a-f]{8}-(.*)$/;

/** Copies every segment of a journal, as it is at this moment, to a directory that is made. */
export async function copyJournal(dataDir: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of await journalFiles(dataDir)) {
    if (SEGMENT.test(path.basename(file))) await copyFile(file, path.join(to, path.basename(file)));
  }
}

/**
 * Puts copied segments into a journal as those of an owner that was never there, and is gone.
 * @returns how many there are
 */
export async function putJournalBack(copies: readonly string[], dataDir: string, random: Random): Promise<number> {
  const digits = Array.from({ length: 8 }, () => random.whole(0, 15).toString(16)).join('');
  for (const copy of copies) {
    const [, table = '', started = '', rest = ''] = SEGMENT.exec(path.basename(copy)) ?? [];
    const owner = `${started}-${digits}`;
    const directory = path.join(dataDir, 'journal', owner);
    await disown(directory);
    await copyFile(copy, path.join(directory, `${table}-${owner}-${rest}`));
  }
  return copies.length;
}
