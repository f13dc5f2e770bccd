import { write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isCode } from './errors.ts';
import { pino, type Logger } from 'pino';
import { readableLine } from './readable-line.ts';
import { MIB } from './units.ts';

export type { Logger };
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const STDERR = 2;

/** What waits for a reader that is slow; what comes when there is more is lost. */
const MAX_WAITING_CHARACTERS = MIB;

/** Until a reader that is slow is tried again, and how often when the process ends. */
const BUSY_MS = 100;
const LAST_TRIES = 10;

/**
 * Standard error, written in the background, so that nobody waits for a slow reader. It never fails: what cannot be written,
 * because the disk is full or the terminal is closed, is lost. (pino's own destination tries that for ever as a process ends.)
 */
class StandardError {
  #state: 'idle' | 'writing' | 'pausing' = 'idle';
  #rest = Buffer.alloc(0);
  #waiting = '';

  constructor() {
    process.once('exit', () => this.#flush());
  }

  write(text: string): void {
    if (this.#waiting.length > MAX_WAITING_CHARACTERS) return;
    this.#waiting += text;
    if (this.#state === 'idle') this.#writeNext();
  }

  #writeNext(): void {
    if (this.#rest.length === 0) {
      this.#rest = Buffer.from(this.#waiting);
      this.#waiting = '';
    }
    this.#state = this.#rest.length === 0 ? 'idle' : 'writing';
    if (this.#state === 'idle') return;
    write(STDERR, this.#rest, (error, bytes) => {
      if (isBusy(error)) {
        this.#state = 'pausing';
        setTimeout(() => this.#writeNext(), BUSY_MS).unref();
        return;
      }
      this.#rest = this.#rest.subarray(error === null ? bytes : this.#rest.length);
      this.#writeNext();
    });
  }

  /** What is being written is on its way. */
  #flush(): void {
    let bytes = Buffer.concat([
      this.#rest.subarray(this.#state === 'writing' ? this.#rest.length : 0),
      Buffer.from(this.#waiting),
    ]);
    for (let tries = 0; bytes.length > 0 && tries < LAST_TRIES;) {
      try {
        bytes = bytes.subarray(writeSync(STDERR, bytes));
      } catch (error) {
        if (!isBusy(error)) return;
        tries += 1;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
      }
    }
  }
}

/** One of a process, so that lines keep their order. */
const standardError = new StandardError();

/**
 * Lines on standard error; standard output is for people (addresses, tables). On a terminal they are readable, elsewhere
 * each is one JSON object.
 */
export function createLogger(level: LogLevel): Logger {
  const options = { level, base: { pid: process.pid } };
  if (!isatty(STDERR)) return pino(options, standardError);
  return pino(options, { write: (line) => standardError.write(readableLine(line)) });
}

function isBusy(error: unknown): boolean {
  return isCode(error, 'EAGAIN');
}
