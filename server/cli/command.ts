import { AppError, messageOf } from '../common/errors.ts';

/** The command line is wrong. The message says what came and what was expected. */
export class UsageError extends Error {}

/**
 * Runs a command and sets the exit code of the process: what `main` returns, 1 when it fails, 2 (with `usage`) when the
 * command line is wrong. Failures go to standard error as text for people, without a stack. With `--help` among the
 * arguments, it prints `usage` instead.
 */
export async function runCommand(usage: string, main: () => Promise<number>): Promise<void> {
  if (asksForHelp(process.argv.slice(2))) {
    console.log(usage);
    return;
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    const wrongUsage = error instanceof UsageError || isParseArgsError(error);
    console.error(describe(error).trimEnd());
    if (wrongUsage) console.error(`\n${usage}`);
    process.exitCode = wrongUsage ? 2 : 1;
  }
}

/** Behind `--` stand values, whatever they look like. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--help');
}

/** `node:util` parseArgs throws TypeErrors with codes of its own. */
function isParseArgsError(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** Network errors of Node.js have an empty message when every address of a host was refused. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  const cause = error instanceof AppError || !(error instanceof Error) ? undefined : error.cause;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}
