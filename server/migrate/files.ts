import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Layout } from '../clickhouse/topology.ts';
import { AppError, messageOf, show } from '../common/errors.ts';
import { fillPlaceholders } from './placeholders.ts';
import { splitStatements } from './statements.ts';

/** One migration file, read, split, and filled in for one layout. */
export interface MigrationFile {
  /** The file's name without `.sql`, such as `0001_events`. */
  readonly name: string;
  readonly path: string;
  /** Of the file as it is, the same for every layout. */
  readonly checksum: string;
  readonly statements: readonly string[];
}

const ONE_SERVER: Layout = { cluster: undefined, replicated: false };
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

/**
 * Reads every `.sql` file of the directory, in the order of their numbers.
 * @throws AppError `invalid`, listing every file that cannot be run: a wrong name, a number used twice, no statement
 */
export async function readMigrations(
  directory: string,
  layout: Layout = ONE_SERVER,
): Promise<readonly MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const problems = names.flatMap((name, index) => problemOfName(name, names[index - 1]));
  const files: MigrationFile[] = [];
  for (const name of names) {
    const file = path.join(directory, name);
    try {
      files.push(parseMigration(file, await readFile(file, 'utf8'), layout));
    } catch (error) {
      problems.push(`${name}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) {
    throw new AppError('invalid', `${directory} cannot be run:\n  ${problems.join('\n  ')}`);
  }
  return files;
}

/** The same on every machine, also where git writes other line ends. */
export function checksum(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
}

function parseMigration(file: string, sql: string, layout: Layout): MigrationFile {
  const statements = splitStatements(sql)
    .map((statement) => fillPlaceholders(statement, layout))
    .filter((statement) => statement !== undefined);
  if (statements.length === 0) throw new SyntaxError('received no statement, expected at least one');
  return { name: path.basename(file, '.sql'), path: file, checksum: checksum(sql), statements };
}

function problemOfName(name: string, previous: string | undefined): string[] {
  const number = FILE_NAME.exec(name)?.[1];
  if (number === undefined) return [`received the name ${show(name)}, expected NNNN_name.sql in a-z, 0-9 and _`];
  if (previous?.startsWith(`${number}_`)) return [`${name} and ${previous} have the same number`];
  return [];
}
