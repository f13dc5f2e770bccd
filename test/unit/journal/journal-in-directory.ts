import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { defaults, type JournalLimits } from '../../../server/config/config.ts';
import { Backlog } from '../../../server/journal/backlog.ts';
import { Journal } from '../../../server/journal/journal.ts';
import type { Rows, Segment } from '../../../server/journal/segment.ts';
import { silentLog } from '../../support/logs.ts';

export interface JournalInDirectory {
  readonly journal: Journal;
  readonly backlog: Backlog;
  /** In the order in which they were sealed. */
  readonly sealed: readonly Segment[];
  /** How many groups became durable. */
  readonly commits: () => number;
  /** Moves the journal's clock on. */
  readonly advance: (ms: number) => void;
  /** Resolves with the next segment that is sealed from now on. */
  readonly nextSealed: () => Promise<Segment>;
}

export const NOW_MS = 1_700_000_000_000;

/** One row, by its text. */
export function line(text: string, historic = 0): Rows {
  return { text, count: 1, historic };
}

/** A journal that writes into `directory`, without a lock. */
export function journalIn(directory: string, limits: Partial<JournalLimits> = {}, log = silentLog): JournalInDirectory {
  const sealed: Segment[] = [];
  const waiting: ((segment: Segment) => void)[] = [];
  const backlog = new Backlog();
  let commits = 0;
  let nowMs = NOW_MS;
  const journal = new Journal({
    table: 'events',
    directory: { owner: 'owner', path: directory, release: async () => undefined },
    limits: { ...defaults.journal, ...limits },
    backlog,
    log,
    nowMs: () => nowMs,
    onSealed: (segment) => {
      sealed.push(segment);
      for (const resolve of waiting.splice(0)) resolve(segment);
    },
    hit: () => undefined,
    onCommit: () => (commits += 1),
  });
  return {
    journal,
    backlog,
    sealed,
    commits: () => commits,
    advance: (ms) => (nowMs += ms),
    nextSealed: () => new Promise((resolve) => waiting.push(resolve)),
  };
}

/** The rows in every file of the directory, by name: its content without the checksums. */
export async function contents(directory: string): Promise<Record<string, string>> {
  const files = (await readdir(directory)).sort();
  const read = async (file: string) =>
    [file, (await readFile(path.join(directory, file), 'utf8')).replace(/^[ \t]{64}\n/gm, '')] as const;
  return Object.fromEntries(await Promise.all(files.map(read)));
}
