import { setMaxListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { asInvoked, asksForHelp, unknownOption } from '../server/cli/command.ts';
import { listenForInterruption } from '../server/stop-requests.ts';
import { AppError, invalid, messageOf, show } from '../server/common/errors.ts';

/** Command-line arguments, not interpreted yet. A flag that was not given is missing. */
export interface Arguments {
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/**
 * Runs a command line program, or with `--help` prints its `usage`: its number is the exit code; wrong arguments give one
 * sentence, `usage` and exit code 2, an interruption 130, any other error its message and 1. The signal is that of
 * `listenForInterruption`.
 */
export async function runCommand(
  usage: string,
  main: (args: string[], signal: AbortSignal) => Promise<number>,
): Promise<void> {
  if (asksForHelp(process.argv.slice(2))) {
    console.log(asInvoked(usage));
    return;
  }
  const signal = listenForInterruption();
  setMaxListeners(0, signal);
  try {
    process.exitCode = await main(process.argv.slice(2), signal);
  } catch (error) {
    process.exitCode = exitCode(error, signal);
    for (const line of explain(error)) console.error(asInvoked(line));
    if (process.exitCode === 2) console.error(`\n${asInvoked(usage)}`);
  }
}

/**
 * Splits arguments into `--name value` flags and positionals.
 * @throws AppError `invalid` for a flag that is not one of `names`, and for one without a value
 */
export function readArguments(args: readonly string[], names: readonly string[]): Arguments {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string', multiple: true }] as const));
  const { values, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
  });
  const flags = new Map<string, string[]>();
  for (const [name, given] of Object.entries(values)) {
    if (!names.includes(name)) {
      throw invalid([{ path: 'arguments', message: unknownOption(`--${name}`, names).message }]);
    }
    const texts = [given].flat().filter((value) => typeof value === 'string');
    if (texts.length === 0) wrong(name, undefined, 'a value');
    flags.set(name, texts);
  }
  return { flags, positionals };
}

/** @throws AppError `invalid` when there are positionals: most programs here take none */
export function refusePositionals({ positionals }: Arguments): void {
  if (positionals.length === 0) return;
  throw invalid([{ path: 'arguments', message: `received ${show(positionals[0])}, expected only --name value` }]);
}

/** The whole number given as `--name`; without one, `fallback`, or an error when that is undefined too. */
export function wholeFlag(
  args: Arguments,
  name: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback?: number },
): number {
  const text = onlyOne(args, name);
  if (text === undefined && fallback !== undefined) return fallback;
  const value = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : wrong(name, text, `a whole number from ${min} to ${max}`);
}

/** The one address given as `--url`. */
export function urlFlag(args: Arguments, fallback: string): string {
  return originOf(onlyOne(args, 'url') ?? fallback);
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && url.username === '' && url.pathname === '/' && url.search === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return url.origin;
  // Never show what may be a password.
  const shown = url === undefined || url.username === '' ? text : `${url.protocol}//${url.host}`;
  return wrong('url', shown, 'http://HOST:PORT or https://HOST:PORT, with no user or path');
}

function onlyOne({ flags }: Arguments, name: string): string | undefined {
  const given = flags.get(name) ?? [];
  return given.length > 1 ? wrong(name, given.join(' '), 'it once') : given[0];
}

function wrong(name: string, received: string | undefined, expected: string): never {
  throw invalid([{ path: `--${name}`, message: `received ${show(received)}, expected ${expected}` }]);
}

function exitCode(error: unknown, signal: AbortSignal): number {
  if (signal.aborted && error === signal.reason) return 130;
  return error instanceof AppError && error.code === 'invalid' ? 2 : 1;
}

/** The messages of an error and of what caused it, one a line. */
function* explain(error: unknown): Generator<string> {
  yield messageOf(error);
  if (error instanceof AggregateError) for (const part of error.errors) yield* explain(part);
  if (error instanceof Error && error.cause !== undefined) yield* explain(error.cause);
}
