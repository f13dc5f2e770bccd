import { pino } from 'pino';
import { createLogger, type Logger } from '../../server/common/log.ts';

export const silentLog: Logger = createLogger('silent');

/** A logger that keeps its lines, parsed. */
export function keptLog(): { log: Logger; lines: Readonly<Record<string, unknown>>[] } {
  const lines: Readonly<Record<string, unknown>>[] = [];
  return { lines, log: pino({ level: 'trace' }, { write: (line) => lines.push(JSON.parse(line)) }) };
}
