import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { AppError } from '../../server/common/errors.ts';

/** A server in a process of its own. */
export interface ChildServer {
  /** Origin, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly pid: number;
  /** Asks it to end, and makes it end after half a minute. Safe to call when it is gone already. */
  close(): Promise<void>;
}

const START_WITHIN_MS = 60_000;
/** It drains, answers and ships for up to 20 s before. */
const CLOSE_WITHIN_MS = 30_000;
const KEPT_LINES = 20;

/**
 * Starts a program that prints `... listens on URL`, and waits until it has.
 * @param env added to the environment of this process
 * @throws AppError with the last lines it wrote, when it ends before or takes over a minute
 */
export async function startChildServer(program: string, env: Readonly<Record<string, string>>): Promise<ChildServer> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const close = () => end(child);
  try {
    const url = await address(child, program);
    if (child.pid === undefined) throw new AppError('unavailable', `${program} has no process id`);
    return { url, pid: child.pid, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Goes on reading what the child writes for as long as it lives, so that it never waits for us. */
function address(child: ChildProcess, program: string): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (what: string) =>
      reject(new AppError('unavailable', [`${program} ${what}; its last lines:`, ...lines].join('\n  ')));
    const timer = setTimeout(() => fail('did not print "listens on URL" within a minute'), START_WITHIN_MS);
    const read = (line: string) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      const url = /listens on (https?:\/\/[^\s/]+)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', read);
    }
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${signal ?? code}`);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
