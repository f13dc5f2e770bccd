import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { directoriesMade } from './temp-dir.ts';

/** How long what was just closed may take to disappear. */
const PATIENCE_MS = 3000;
const POLL_MS = 50;

/** Node's names for what a forgotten close() leaves open. */
const OPEN: Readonly<Record<string, string>> = {
  ProcessWrap: 'a child process',
  TCPServerWrap: 'a listening TCP port',
  PipeServerWrap: 'a listening pipe',
};

/**
 * What this process holds: a line for every child process, listening port and directory that the tests made, and every
 * process that was started on such a directory.
 */
export async function everythingHeld(): Promise<string[]> {
  const open = process.getActiveResourcesInfo().flatMap((name) => OPEN[name] ?? []);
  const directories = directoriesMade().filter((directory) => existsSync(directory));
  return [...open, ...directories.map((directory) => `the directory ${directory}`), ...(await orphans())];
}

/**
 * @param before what was held before the tests; it may be held after
 * @throws Error that lists every process, port and directory that they left behind
 */
export async function expectNothingLeft(before: readonly string[]): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let left = without(await everythingHeld(), before);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(POLL_MS);
    left = without(await everythingHeld(), before);
  }
  if (left.length > 0)
    throw new Error(`The tests left something behind:\n${left.map((line) => `  ${line}`).join('\n')}`);
}

/** Each line of `before` stands for one of `lines`. */
function without(lines: readonly string[], before: readonly string[]): string[] {
  const left = [...lines];
  for (const line of before) {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
  }
  return left;
}

/** Processes that nobody holds any more, such as the engine of a killed server: its directory is in its arguments. */
async function orphans(): Promise<string[]> {
  if (directoriesMade().length === 0) return [];
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args=']);
  const lines = stdout.split('\n').filter((line) => directoriesMade().some((directory) => line.includes(directory)));
  return lines.map((line) => `the process ${line.trim()}`);
}
