import { inspect } from 'node:util';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** What control characters of a stored text could do to a terminal. */
// oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

/**
 * One line of the log as a person reads it: the local time, the level, what is said, then everything else by name; a
 * stack on lines of its own.
 * @param line one JSON object, as pino writes it
 */
export function readableLine(line: string): string {
  const { time, level, msg = '', pid: _, err, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const texts = Object.entries(facts).map(([name, value]) => `${name}=${textOf(value)}`);
  const head = [clock, (LEVELS[Number(level)] ?? '').padEnd(5), String(msg), ...texts].join(' ');
  return `${[head, ...stackOf(err)].join('\n').replaceAll(CONTROL, escaped)}\n`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 4 });
}

function stackOf(err: unknown): string[] {
  if (typeof err !== 'object' || err === null) return [];
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  return String(stack ?? message)
    .split('\n')
    .map((line) => `    ${line.trim()}`);
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
