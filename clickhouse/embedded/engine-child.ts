import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../server/common/errors.ts';
import { programFile } from '../../server/common/project-root.ts';
import { engineAnswers } from './engine-answers.ts';
import { removeEmptyDefinitions, type EngineFiles } from './engine-files.ts';
import type { EnginePorts } from './free-ports.ts';

/** A running engine process. */
export interface EngineChild {
  readonly pid: number;
  /** Why it could not give up the files that it does not need; undefined when it could. Never rejects. */
  readonly unconfined: Promise<string | undefined>;
  /** Resolves, never rejects, once the process is gone; with the last of what it had to say. */
  readonly gone: Promise<string>;
  /** Lets the engine shut its tables down in order; kills it when that takes too long. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it at once, for when its data is gone: shutting down, it would write some anew. */
  kill(): void;
}

/**
 * How jemalloc keeps memory. ClickHouse's own way is an arena for each processor and to give back what was free for 5 s: a
 * thread that moves takes new pages of the kernel's, while those that it had before lie unused. Like this, an INSERT of
 * 1,000 events takes 14 % less processor time, a question that groups events 22 %, an export 30 %, with a tenth more memory.
 */
const MEMORY = `percpu_arena:disabled,narenas:${availableParallelism()},dirty_decay_ms:20000`;

/** ClickHouse's codes for why an engine did not start. */
export const DIRECTORY_LOCKED = '76';
export const PORT_TAKEN = '210';

/** The engine process ended, or was ended, before it answered. */
export class EngineStartError extends Error {
  /** ClickHouse's own code, when it named one. */
  readonly code: string | undefined;

  constructor(output: string) {
    super(output === '' ? 'the engine process ended without a word' : output);
    this.name = 'EngineStartError';
    this.code = /Code: (\d+)\. DB::Exception/.exec(output)?.[1];
  }
}

const START_TIMEOUT_MS = 120_000;
/** Well within the time in which a process that stops has ended. */
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
const OUTPUT_LENGTH = 2000;

/**
 * Starts the engine process and waits until it answers.
 * @throws EngineStartError; the process is gone then
 */
export async function launchEngine(files: EngineFiles, ports: EnginePorts, signal: AbortSignal): Promise<EngineChild> {
  await removeEmptyDefinitions(files.data);
  const child = await spawnEngine(files, ports);
  const deadline = Date.now() + START_TIMEOUT_MS;
  const ended = child.gone.then(() => true);
  while (!signal.aborted && Date.now() < deadline) {
    if (await engineAnswers(files, ports)) return child;
    if (await Promise.race([sleep(POLL_MS, false), ended])) break;
  }
  const isLate = !signal.aborted && Date.now() >= deadline;
  await child.stop();
  throw new EngineStartError(
    isLate ? `the engine did not answer within ${START_TIMEOUT_MS / 1000} s` : await child.gone,
  );
}

async function spawnEngine(files: EngineFiles, ports: EnginePorts): Promise<EngineChild> {
  const program = programFile('clickhouse/embedded/engine-process.js');
  const config = path.join(files.config, 'config.xml');
  const child = spawn(
    process.execPath,
    [program, config, files.data, files.logs, '127.0.0.1', String(ports.http), String(ports.tcp ?? '')],
    {
      cwd: files.directory,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      // Its own group: Ctrl-C in the terminal is for the parent, which ends the engine after its own last work.
      detached: true,
      // Nothing of the parent's environment may configure ClickHouse or Node here. The time zone is the system's own.
      // The engine's process may not read where OpenSSL's own settings are.
      env: { TZ: 'UTC', PATH: process.env['PATH'], OPENSSL_CONF: '/dev/null', JE_MALLOC_CONF: MEMORY },
    },
  );
  const gone = outputAtEnd(child);
  // What could not be started has no streams.
  await once(child, 'spawn');
  const unconfined = report(child);
  const { pid } = child;
  if (pid === undefined) throw new Error('a started process has no pid');
  return { pid, unconfined, gone, stop: () => stop(child, gone), kill: () => child.kill('SIGKILL') };
}

async function outputAtEnd(child: ChildProcess): Promise<string> {
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (more: string) => (output = (output + more).slice(-OUTPUT_LENGTH)));
  // The engine may be gone when its input is ended.
  child.stdin?.on('error', () => undefined);
  await new Promise((resolve) => child.once('close', resolve));
  return output.trim();
}

/** What the process says on the descriptor that it has for this, and then closes. */
async function report(child: ChildProcess): Promise<string | undefined> {
  const stream = child.stdio[3];
  if (!(stream instanceof Readable)) return undefined;
  const said = await text(stream).catch(messageOf);
  return said === '' ? undefined : said;
}

async function stop(child: ChildProcess, gone: Promise<string>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}
