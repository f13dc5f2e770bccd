import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { FailPoint } from '../../../server/journal/fail-point.ts';
import type { FailPointReport, FaultyServerOptions, Misfortune } from '../../support/server/faulty-server-process.ts';
import { kill, listening, QUIET_SERVER, stop } from '../../support/server/server-process.ts';

import { noteGone, noteStarted } from './started.ts';
import { programFile } from '../../../server/common/project-root.ts';

export interface FaultServerOptions {
  /** As for `server/main.ts`. */
  readonly env: Readonly<Record<string, string>>;
  readonly faults: FaultyServerOptions;
  /** Open files at most; undefined: what the system allows. */
  readonly maxFiles?: number;
}

/** What happened to fail points, in one server or many. */
export interface FailPointHits {
  readonly passed: Map<FailPoint, number>;
  readonly died: Map<FailPoint, number>;
}

const changedMs = (file: string) => statSync(programFile(file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const BUNDLE = 'test/support/server/faulty-server-bundle.js';
/** As with `server/main.ts`. */
const PROGRAM = programFile(
  changedMs(BUNDLE) > changedMs('tsconfig.tsbuildinfo') ? BUNDLE : 'test/support/server/faulty-server-process.js',
);

/** A server in a process of its own, in surroundings that can be made to fail. */
export class FaultServer {
  readonly dataDir: string;
  readonly syncedLog: string;
  /** Resolves once it takes requests. @throws Error when it ends before that */
  readonly listening: Promise<void>;
  /** Resolves when the process is gone, for whatever reason. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  #url: string | undefined;
  #passed: FailPointReport['passed'] = {};
  #died: FailPoint | undefined;
  #isToldToEnd = false;
  #said = '';

  constructor({ env, faults, maxFiles }: FaultServerOptions) {
    this.dataDir = env['DATA_DIR'] ?? '';
    this.syncedLog = faults.syncedLog;
    const node = [process.execPath, PROGRAM];
    const limited = ['sh', '-c', `ulimit -n ${maxFiles}; exec "$0" "$@"`, ...node];
    const [command = '', ...args] = maxFiles === undefined ? node : limited;
    this.#child = spawn(command, args, {
      env: { ...QUIET_SERVER, ...env, FAULTS: JSON.stringify(faults) },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      // Its own group: Ctrl-C in the terminal is for the harness, which ends it.
      detached: true,
    });
    const [input, , stderr, reports] = this.#child.stdio as readonly unknown[] as readonly [
      Writable,
      Readable,
      Readable,
      Readable,
    ];
    stderr.on('data', (chunk: Buffer) => (this.#said = `${this.#said}${chunk.toString()}`.slice(-4000)));
    // The process may be gone when it is told something.
    input.on('error', () => undefined);
    createInterface(reports).on('line', (line) => this.#hear(JSON.parse(line) as FailPointReport));
    noteStarted(this.pid);
    this.gone = once(this.#child, 'close').then(() => noteGone(this.pid));
    this.listening = listening(this.#child).then((url) => void (this.#url = url));
    this.listening.catch(() => undefined);
  }

  /** `http://HOST:PORT`; undefined before it listens. */
  get url(): string | undefined {
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Alive, and not about to end: a load balancer would send requests to it. */
  get isServing(): boolean {
    return this.isAlive && !this.#isToldToEnd;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** At which fail point it ended, if it did. */
  get diedAt(): FailPoint | undefined {
    return this.#died;
  }

  /** What it said last, when it ended without being told to. */
  get crash(): string | undefined {
    const isExpected = this.isAlive || this.#isToldToEnd || this.#died !== undefined;
    const { exitCode, signalCode } = this.#child;
    return isExpected ? undefined : `exit code ${exitCode}, signal ${signalCode}: ${this.#said}`;
  }

  tell(misfortune: Misfortune): void {
    const input = this.#child.stdin;
    if (this.isAlive) input?.write(`${JSON.stringify(misfortune)}\n`);
  }

  freeze(): void {
    if (this.isAlive) this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    if (this.isAlive) this.#child.kill('SIGCONT');
  }

  /** SIGKILL; the process is gone after. */
  async kill(): Promise<void> {
    this.#isToldToEnd = true;
    await kill(this.#child);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.thaw();
    this.#isToldToEnd = true;
    return await stop(this.#child);
  }

  /** Adds what is known of fail points here. Call it once, when the process is gone. */
  addHits({ passed, died }: FailPointHits): void {
    for (const [point, times] of Object.entries(this.#passed) as [FailPoint, number][])
      passed.set(point, (passed.get(point) ?? 0) + times);
    if (this.#died !== undefined) died.set(this.#died, (died.get(this.#died) ?? 0) + 1);
  }

  #hear({ passed, died }: FailPointReport): void {
    this.#passed = passed;
    this.#died = died;
  }
}
