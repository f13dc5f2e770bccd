import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseProcess } from '../clickhouse-process.ts';
import { noteGone, noteStarted } from '../started.ts';

/** The steps of a commit: the part's bytes are written, made durable, and the part is renamed into its place. */
export const COMMIT_CALLS = ['write', 'fsync', 'rename'] as const;
export type CommitCall = (typeof COMMIT_CALLS)[number];

/** How a step fails; `killed`: with it, the engine dies. */
export type CommitFault = 'EIO' | 'ENOSPC' | 'killed';

/** An engine that strace may attach to. */
export type TracedEngine = Pick<ClickHouseProcess, 'pid' | 'rows'>;

export interface CommitTarget {
  readonly database: string;
  /** The one that keeps the rows, as in `system.tables`; it must be there. */
  readonly table: string;
}

export interface InsertTarget extends CommitTarget {
  /** Where the next parts will be, as in the names of parts: `all`, `2026`. */
  readonly partitions: readonly string[];
}

/** A fault that waits for the next commit. */
export interface FailingCommit {
  /** Resolves when the step has failed. */
  readonly struck: Promise<void>;
  /** Lets the engine be; what did not fail by now will not. */
  detach(): Promise<void>;
}

/** What strace calls each step, and the file of a part, written as one, that it is done to. */
const STEPS: Readonly<Record<CommitCall, { readonly calls: string; readonly file: string }>> = {
  write: { calls: '/^p?write(64|v)?$', file: 'data.bin' },
  fsync: { calls: '/^f(data)?sync$', file: 'data.bin' },
  rename: { calls: '/^rename', file: '' },
};
/** The parts that may come next: as many INSERTs as can come before the fault strikes. */
const NEXT_PARTS = 60;
const ATTACH_MS = 30_000;
const DETACH_MS = 1000;

/**
 * Makes a step of the next commit of a part fail inside ClickHouse, once, by strace. A commit writes to a directory of its
 * own, syncs that, and renames it.
 * @param parts the directories that are written to: `nextInserts`, `nextMerge`
 * @throws Error when strace cannot attach to the engine
 */
export async function failCommit(
  clickhouse: TracedEngine,
  parts: readonly string[],
  call: CommitCall,
  fault: CommitFault,
): Promise<FailingCommit> {
  const { calls, file } = STEPS[call];
  const injected = fault === 'killed' ? 'error=EIO:signal=SIGKILL' : `error=${fault}`;
  const strace = spawn(
    'strace',
    ['-f', `-p${clickhouse.pid}`, `-etrace=${calls}`, `-einject=${calls}:${injected}:when=1`].concat(
      parts.flatMap((part) => ['-P', `${part}${file}`]),
    ),
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  noteStarted(strace.pid ?? 0);
  const gone = once(strace, 'close').then(() => noteGone(strace.pid ?? 0));
  const { attached, struck } = listen(strace);
  const isAttached = await Promise.race([attached.then(() => true), gone, sleep(ATTACH_MS)]);
  if (isAttached !== true) {
    strace.kill('SIGKILL');
    throw new Error('strace cannot attach to the engine');
  }
  const detach = async () => {
    strace.kill('SIGINT');
    // It can wait for ever for a process that was killed. Those that it leaves go on by themselves.
    if ((await Promise.race([gone, sleep(DETACH_MS, true)])) === true) strace.kill('SIGKILL');
    await gone;
  };
  return { struck, detach };
}

/** Why no commit can be made to fail here; undefined when it can. */
export async function whyNoFailingCommit(): Promise<string | undefined> {
  const child = spawn('strace', ['-V'], { stdio: 'ignore' });
  const code = await Promise.race([once(child, 'close'), once(child, 'error')]).then(
    ([code]: unknown[]) => code,
    () => 'error',
  );
  return code === 0 ? undefined : 'strace is not installed';
}

/** Where the engine writes the parts that are inserted next. A part that is merged while it is written has level 1. */
export async function nextInserts(clickhouse: TracedEngine, { partitions, ...table }: InsertTarget): Promise<string[]> {
  const { path, last } = await partsOf(clickhouse, table);
  // The numbers of parts that are being written begin again when the engine does.
  const blocks = Array.from({ length: last + NEXT_PARTS }, (_, index) => index + 1);
  return partitions.flatMap((partition) =>
    blocks.flatMap((block) => [0, 1].map((level) => `${path}tmp_insert_${partition}_${block}_${block}_${level}/`)),
  );
}

/** Where it writes when it merges all parts of a table without partitions. */
export async function nextMerge(clickhouse: TracedEngine, table: CommitTarget): Promise<string[]> {
  const { path, first, last, level } = await partsOf(clickhouse, table);
  return [`${path}tmp_merge_all_${first}_${last}_${level + 1}/`];
}

interface PartsOfTable {
  /** Of the table, with a slash at its end. */
  readonly path: string;
  readonly first: number;
  readonly last: number;
  readonly level: number;
}

async function partsOf(clickhouse: TracedEngine, { database, table }: CommitTarget): Promise<PartsOfTable> {
  const where = `database = '${database}'`;
  const [{ path } = { path: '' }] = await clickhouse.rows<{ path: string }>(
    database,
    `SELECT data_paths[1] AS path FROM system.tables WHERE ${where} AND name = '${table}'`,
  );
  if (path === '') throw new Error(`received no table ${table} in ${database}`);
  const [numbers] = await clickhouse.rows<Record<'first' | 'last' | 'level', string>>(
    database,
    `SELECT min(min_block_number) AS first, max(max_block_number) AS last, max(level) AS level
     FROM system.parts
     WHERE active AND ${where} AND table = '${table}'`,
  );
  const { first = 0, last = 0, level = 0 } = numbers ?? {};
  return { path, first: Number(first), last: Number(last), level: Number(level) };
}

function listen({ stderr }: ChildProcess): { attached: Promise<void>; struck: Promise<void> } {
  if (stderr === null) throw new Error('expected strace with a pipe');
  const lines = createInterface(stderr);
  const said = async (what: RegExp) =>
    new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        if (what.test(line)) resolve();
      });
    });
  return { attached: said(/attached/), struck: said(/\(INJECTED\)|killed by SIGKILL/) };
}
