import { variableHelp } from './config/variable-help.ts';

/** What the command line of the service is answered with, instead of starting it. */
export interface ArgumentsAnswer {
  readonly text: string;
  /** 0 for help, 2 for what is not known. */
  readonly exitCode: 0 | 2;
}

/** The service takes no arguments but `--help`: everything is set by the environment. */
export function answerArguments(args: readonly string[]): ArgumentsAnswer | undefined {
  const [first] = args;
  if (first === undefined) return undefined;
  if (args.includes('--help')) return { text: help(), exitCode: 0 };
  return { text: `received ${first}, expected no arguments: ${advice(first, args[1])}`, exitCode: 2 };
}

function help(): string {
  const all = variableHelp();
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = all.map(({ name, default: value, meaning }) => {
    return `  ${name.padEnd(width)}  ${meaning}${value === '' ? '' : ` (${value})`}`;
  });
  return `Usage: npm start
       PORT=9090 npm start

Starts the service. Configured by environment variables, or by a .env file in the current folder (defaults in parentheses):

${lines.join('\n')}`;
}

/** `--port 9090` and `--port=9090` are meant as `PORT=9090`. */
function advice(argument: string, next: string | undefined): string {
  const [option = '', given = next] = argument.replace(/^-+/, '').split('=');
  const name = option.toUpperCase().replaceAll('-', '_');
  const isKnown = variableHelp().some((variable) => variable.name === name);
  if (!isKnown) return 'the service is set by environment variables; --help lists them';
  return `set ${name} in the environment, as in ${name}=${given ?? '...'} npm start`;
}
