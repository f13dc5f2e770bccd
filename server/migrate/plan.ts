import { AppError } from '../common/errors.ts';
import { checksum, type MigrationFile } from './files.ts';
import type { LedgerRow } from './ledger.ts';

/** What the ledger and the files together say about one migration. */
export interface MigrationStatus {
  readonly name: string;
  /**
   * - `pending`: nothing of it has been applied; `partial`: a run failed in its middle, the next one goes on there
   * - `changed`: what was applied is not what the file says now; `unknown`: applied, but this code has no such file
   */
  readonly state: 'applied' | 'pending' | 'partial' | 'changed' | 'unknown';
  /** How many of its statements have been applied. */
  readonly applied: number;
  readonly statements: number;
  /** ISO 8601; of the last thing applied. */
  readonly appliedAt: string | undefined;
}

/** Compares files and ledger. Ordered by name. */
export function compare(files: readonly MigrationFile[], ledger: readonly LedgerRow[]): readonly MigrationStatus[] {
  const known = new Set(files.map(({ name }) => name));
  const unknown = [...new Set(ledger.map(({ name }) => name))].filter((name) => !known.has(name));
  return [
    ...files.map((file) => statusOf(file, rowsOf(file.name, ledger))),
    ...unknown.map((name) => statusOfUnknown(name, rowsOf(name, ledger))),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws AppError `invalid` when running anything would build on a schema other than the one the files describe */
export function assertRunnable(statuses: readonly MigrationStatus[]): void {
  const unknown = statuses.filter(({ state }) => state === 'unknown').map(({ name }) => name);
  if (unknown.length > 0) {
    const latest = statuses.findLast(({ state }) => state !== 'unknown')?.name ?? 'none';
    throw new AppError(
      'invalid',
      `The database is newer than this code: it has ${unknown.join(', ')}, and the latest migration here is ${latest}. ` +
        'Run the version that brought it, or a later one.',
    );
  }
  const changed = statuses.filter(({ state }) => state === 'changed').map(({ name }) => `${name}.sql`);
  if (changed.length > 0) {
    throw new AppError(
      'invalid',
      `Changed after it was applied: ${changed.join(', ')}. ` +
        'Put the file back as it was, and make the change in a new one (npm run migrate -- new NAME); a database that was ' +
        'made before the first release must be made anew, under another CLICKHOUSE_DATABASE.',
    );
  }
}

function rowsOf(name: string, ledger: readonly LedgerRow[]): readonly LedgerRow[] {
  return ledger.filter((row) => row.name === name);
}

function statusOf(file: MigrationFile, rows: readonly LedgerRow[]): MigrationStatus {
  const { name, statements } = file;
  const whole = rows.find(({ statement }) => statement === 0);
  const parts = rows.filter(({ statement }) => statement > 0);
  const common = {
    name,
    applied: whole === undefined ? parts.length : statements.length,
    statements: statements.length,
    appliedAt: (whole ?? rows.at(-1))?.appliedAt,
  };
  if (whole !== undefined) return { ...common, state: whole.checksum === file.checksum ? 'applied' : 'changed' };
  if (parts.length === 0) return { ...common, state: 'pending' };
  const same = parts.every((row) => row.checksum === checksum(statements[row.statement - 1] ?? ''));
  return { ...common, state: same ? 'partial' : 'changed' };
}

function statusOfUnknown(name: string, rows: readonly LedgerRow[]): MigrationStatus {
  const applied = rows.filter(({ statement }) => statement > 0).length;
  return { name, state: 'unknown', applied, statements: applied, appliedAt: rows[0]?.appliedAt };
}
