import { lstat, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesIn, syncDirectory } from '../common/files.ts';
import { claimDirectory } from '../journal/owner-directory.ts';
import { QUARANTINE } from '../journal/quarantine.ts';
import { UNFINISHED } from '../journal/segment.ts';
import { takeOver } from '../journal/takeover.ts';
import { ownersIn, replacedJournalsOf, waitingSegments } from '../journal/waiting-segments.ts';
import type { ErasedUser } from './erased-user.ts';
import { linesWithoutUser, segmentWithoutUser, type Remainder } from './without-user.ts';

export interface WaitingJournals {
  /** The directory of all journals. */
  readonly journal: string;
  readonly nowMs: () => number;
  /** How long to wait for what living servers have in their journals. */
  readonly waitMs: number;
}

export interface ErasedJournals {
  /** How many rows of the user were taken out of journals, also of those that a restore replaced, and of the quarantine. */
  readonly rows: number;
  /** Segments of which it is not known whether rows of the user are in them: their server did not ship them in time. */
  readonly remaining: readonly string[];
}

const POLL_MS = 100;

type Without = (content: Buffer) => Remainder;

/**
 * Sees to it that no row of the user that is in a journal now comes to ClickHouse later than this. Journals whose server is
 * gone are taken over, as another server would, rewritten, and left for the next one. A living server ships what it has
 * itself, which is waited for, and so is what it makes of rows that ClickHouse refuses. Then what is in quarantine is
 * rewritten, where it may have put some. Replaced journals are rewritten, too.
 * @throws Error when a file cannot be read or written; it is as it was then
 */
export async function eraseWaiting(whose: ErasedUser, waiting: WaitingJournals): Promise<ErasedJournals> {
  const { journal, nowMs, waitMs } = waiting;
  const segmentWithout: Without = (content) => segmentWithoutUser(content, whose);
  const linesWithout: Without = (content) => linesWithoutUser(content, whose);
  let rows = 0;
  for (const replaced of await replacedJournalsOf(journal)) {
    for (const owner of await ownersIn(replaced)) rows += await rewriteAll(path.join(replaced, owner), segmentWithout);
    rows += await rewriteAll(path.join(replaced, QUARANTINE), linesWithout);
  }
  if ((await namesIn(journal)).length === 0) return { rows, remaining: [] };
  const rewritten = new Set<string>();
  const mine = await claimDirectory(journal, nowMs());
  try {
    const { files } = await takeOver(journal, mine);
    for (const file of files) {
      rows += await rewrite(file, segmentWithout);
      rewritten.add(path.basename(file));
    }
  } finally {
    await mine.release();
  }
  const wait = async () => {
    const others = [...(await waitingSegments(journal))].filter((name) => !rewritten.has(name));
    return await stillThere(journal, others, waitMs);
  };
  let remaining = await wait();
  // Again: a row that was refused is in a segment of rejected ones.
  if (remaining.length === 0) remaining = await wait();
  rows += await rewriteAll(path.join(journal, QUARANTINE), linesWithout);
  return { rows, remaining };
}

async function stillThere(journal: string, names: readonly string[], waitMs: number): Promise<string[]> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const present = await waitingSegments(journal);
    const remaining = names.filter((name) => present.has(name));
    if (remaining.length === 0 || performance.now() > deadline) return remaining;
    await sleep(POLL_MS);
  }
}

/** All files of a directory, also what a rewriting that was killed has left. */
async function rewriteAll(directory: string, without: Without): Promise<number> {
  let rows = 0;
  for (const name of await namesIn(directory)) rows += await rewrite(path.join(directory, name), without);
  return rows;
}

/** Whole or not at all, also when the power fails. A file of which nothing is left is removed; what is no file has no rows. */
async function rewrite(file: string, without: Without): Promise<number> {
  if (!(await lstat(file)).isFile()) return 0;
  const { content, erased } = without(await readFile(file));
  if (erased === 0) return 0;
  if (content.length === 0) await unlink(file);
  else {
    const part = `${file}${UNFINISHED}`;
    await writeFile(part, content, { flush: true });
    await rename(part, file);
  }
  await syncDirectory(path.dirname(file));
  return erased;
}
