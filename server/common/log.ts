import { isatty } from 'node:tty';
import { pino, type Logger } from 'pino';
import { readableLine } from './readable-line.ts';

export type { Logger };
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const STDERR = 2;

/**
 * Lines on standard error; standard output is for people (addresses, tables). On a terminal they are readable, elsewhere
 * each is one JSON object.
 */
export function createLogger(level: LogLevel): Logger {
  const destination = pino.destination({ dest: STDERR, sync: false });
  const options = { level, base: { pid: process.pid } };
  if (!isatty(STDERR)) return pino(options, destination);
  return pino(options, { write: (line) => destination.write(readableLine(line)) });
}
