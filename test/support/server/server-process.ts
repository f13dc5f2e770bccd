import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { programFile } from '../../../server/common/project-root.ts';

/** A real server in a process of its own, to be stopped and killed. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** What it has printed so far, once that matches. */
  printed(pattern: RegExp): Promise<string>;
  /** SIGKILL; the process is gone after. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const MAIN = programFile('server/main.js');

/** What a server needs of its environment so as not to get in anybody's way. */
export const QUIET_SERVER = { PATH: process.env['PATH'] ?? '', PORT: '0', LOG_LEVEL: 'fatal' };

/**
 * Starts `server/main.js` and waits until it prints where it listens.
 * @throws Error with what it printed, when it ends before that
 */
export async function startServer(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...QUIET_SERVER, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const url = await listening(child);
  const printed = async (pattern: RegExp) => {
    while (!pattern.test(text)) await once(child.stdout, 'data');
    return text;
  };
  return { url, pid: child.pid ?? 0, printed, kill: async () => kill(child), stop: async () => stop(child) };
}

/**
 * Where the server in a child process listens, once it says so.
 * @param child with pipes as its standard output and error
 * @throws Error with what it printed, when it ends before that
 */
export async function listening(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('expected a child with pipes');
  let errors = '';
  stderr.on('data', (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-10_000)));
  for await (const line of createInterface(stdout)) {
    const [, url] = /listens on (http:\S+)/.exec(line) ?? [];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  throw new Error(`the server ended before it listened: ${errors}`);
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

export async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  await once(child, 'close');
  return child.exitCode;
}
