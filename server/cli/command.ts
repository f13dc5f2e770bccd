import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { isDiskFull, messageWithCauses, show } from '../common/errors.ts';
import { didYouMean } from '../common/words.ts';

/** What to do when no service answers at an address. */
export const NO_SERVICE = 'start the service with npm start, or name another with --url';
/** What to do when the service refuses a key, or that there is none. */
export const NO_KEY = 'set CLICKHOUR_API_KEY to a key that may do this';

const DISK_FULL =
  'The disk of DATA_DIR, or of what this command writes, is full. Free some room on it, and run this again.';

/** The command line is wrong. The message says what came and what was expected. */
export class UsageError extends Error {}

/**
 * Runs a command and sets the exit code of the process: what `main` returns, 1 when it fails, 2 (with `usage`) when the
 * command line is wrong. Failures go to standard error as text for people, without a stack. With `--help` among the
 * arguments, it prints `usage` instead.
 */
export async function runCommand(usage: string, main: () => Promise<number>): Promise<void> {
  const shownUsage = asInvoked(usage);
  if (asksForHelp(process.argv.slice(2))) {
    console.log(shownUsage);
    return;
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    const wrongUsage = error instanceof UsageError || isParseArgsError(error);
    console.error(asInvoked(messageWithCauses(error).trimEnd()));
    if (isDiskFull(error)) console.error(DISK_FULL);
    if (wrongUsage) console.error(`\n${shownUsage}`);
    process.exitCode = wrongUsage ? 2 : 1;
  }
}

/**
 * `parseArgs` of `node:util`, that says of an unknown option which one was probably meant, and takes each once.
 * @throws UsageError for these; TypeErrors of `parseArgs` for other mistakes
 */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const known = Object.keys(config.options ?? {});
  const { args = process.argv.slice(2) } = config;
  const { tokens } = parseArgs({ ...config, args: [...args], strict: false, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens ?? []) {
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    if (!known.includes(name)) throw unknownOption(rawName, known);
    if (seen.has(name) && config.options?.[name]?.multiple !== true)
      throw new UsageError(`${rawName}: received it more than once, expected it once`);
    seen.add(name);
  }
  return parseArgs(config);
}

/** What a whole number may be, and what it is when it is not given. */
interface WholeRange {
  readonly min: number;
  readonly max: number;
  readonly fallback?: number;
}

/** @throws UsageError unless it is a whole number in the range, or not given and there is one instead */
export function wholeOption(name: string, text: string | undefined, { min, max, fallback }: WholeRange): number {
  if (text === undefined && fallback !== undefined) return fallback;
  const value = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${name}: received ${show(text)}, expected a whole number from ${min} to ${max}`);
}

/**
 * The origin of a service that `--url` names.
 * @throws UsageError for what is no address, or has more than one: a path or a query would not be where the service is
 */
export function originOption(text = 'http://127.0.0.1:8080'): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  // Never show what may be a password.
  const shown = show(text.replace(/^.*@/s, '…@'));
  throw new UsageError(
    `--url: received ${shown}, expected http://HOST:PORT or https://HOST:PORT, with no user or path`,
  );
}

/**
 * The one name that a command takes, of a file or a directory.
 * @param what it is called in `usage`
 * @throws UsageError when there is none, or another
 */
export function onlyName(what: string, positionals: readonly string[]): string {
  const [name = '', ...rest] = positionals;
  if (name !== '' && rest.length === 0) return name;
  const received = positionals.length === 1 ? show(name) : `${positionals.length} names`;
  throw new UsageError(`${what}: received ${received}, expected one name`);
}

function unknownOption(received: string, known: readonly string[]): UsageError {
  const names = [...known, 'help'];
  const hint = didYouMean(received.replace(/^-+/, ''), names, '--');
  return new UsageError(`received ${show(received)}, expected ${names.map((name) => `--${name}`).join(', ')}${hint}`);
}

/** The text, with `clickhour sql …` for `npm run sql -- …` where that is how this command was started: from the package. */
export function asInvoked(text: string): string {
  if (!path.basename(process.argv[1] ?? '').startsWith('clickhour')) return text;
  return text.replaceAll('npm start', 'clickhour').replaceAll(/npm run ([a-z]+)(?: --(?= ))?/g, 'clickhour $1');
}

/** Whether `--help` is among the arguments. Behind `--` stand values, whatever they look like. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--help');
}

/** `node:util` parseArgs throws TypeErrors with codes of its own. */
function isParseArgsError(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
