#!/usr/bin/env node
import { pathToFileURL } from 'node:url';
import { show } from '../common/errors.ts';
import { didYouMean } from '../common/words.ts';
import { programFile, programVersion } from '../common/project-root.ts';

/** The program below `.build` of each command. */
const COMMANDS: Readonly<Record<string, string>> = {
  start: 'server/main.js',
  sql: 'server/cli/sql.js',
  import: 'server/cli/import.js',
  simulate: 'bench/simulate.js',
  verify: 'server/cli/verify.js',
  migrate: 'server/cli/migrate.js',
  backup: 'server/cli/backup.js',
  restore: 'server/cli/restore.js',
  erase: 'server/cli/erase.js',
};

const USAGE = `Usage: clickhour [COMMAND] [ARGUMENT ...]

Event analytics with exact counts. Data goes to ./data (DATA_DIR).

  start      starts the service (the default), with an embedded ClickHouse unless CLICKHOUSE_URL is set
  sql        runs SQL as the read-only analyst
  import     sends an NDJSON or CSV file
  simulate   sends generated events and compares the counts with what was acknowledged
  verify     compares the counts with the raw events
  migrate    applies, lists or creates migrations
  backup     copies everything while it runs
  restore    brings a backup back
  erase      removes the events of a user

clickhour COMMAND --help says more. --version prints the version.

Example: clickhour sql "SELECT * FROM hourly"`;

await run(process.argv.slice(2));

async function run([first = 'start', ...rest]: readonly string[]): Promise<void> {
  if (first === '--help' || first === 'help') return console.log(USAGE);
  if (first === '--version') return console.log(programVersion);
  const isOption = first.startsWith('-');
  const name = isOption ? 'start' : first;
  const program = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (program === undefined) return refuse(first);
  process.argv = [process.execPath, process.argv[1] ?? 'clickhour', ...(isOption ? [first] : []), ...rest];
  await import(pathToFileURL(programFile(program)).href);
}

function refuse(command: string): void {
  const known = Object.keys(COMMANDS);
  const hint = didYouMean(command, known);
  console.error(`received ${show(command)}, expected ${known.join(', ')}${hint}\n\n${USAGE}`);
  process.exitCode = 2;
}
