import type { AdminNode } from '../clickhouse/admin-node.ts';
import { AppError, messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { checksum, type MigrationFile } from './files.ts';
import { writeLedger, type LedgerRow } from './ledger.ts';
import type { MaintenanceLock } from './lock.ts';

export interface Run {
  /** Every node, with what it has. */
  readonly ledgers: ReadonlyMap<AdminNode, readonly LedgerRow[]>;
  readonly lock: MaintenanceLock;
  readonly log: Logger;
  readonly files: readonly MigrationFile[];
}

/**
 * Applies what is pending, file by file: its statements on one node after the other, and only then, on all of them, the
 * row that says the file is applied. So a node that has that row is a proof for all.
 * @returns the names of the files it applied, in order
 */
export async function applyPending(run: Run): Promise<readonly string[]> {
  const ledgers = [...run.ledgers.values()];
  const isApplied = ({ name }: MigrationFile) =>
    ledgers.every((ledger) => ledger.some((row) => row.name === name && row.statement === 0));
  const pending = run.files.filter((file) => !isApplied(file));
  for (const file of pending) {
    await applyFile(run, file);
    for (const { client } of run.ledgers.keys()) {
      await writeLedger(client, { name: file.name, statement: 0, checksum: file.checksum });
    }
  }
  return pending.map(({ name }) => name);
}

async function applyFile(run: Run, file: MigrationFile): Promise<void> {
  for (const [node, ledger] of run.ledgers) {
    const done = new Set(ledger.filter(({ name }) => name === file.name).map(({ statement }) => statement));
    for (const index of file.statements.keys()) {
      if (!done.has(index + 1)) await applyStatement(run, node, file, index);
    }
  }
  run.log.info({ migration: file.name, statements: file.statements.length }, 'migration applied');
}

async function applyStatement(
  { lock }: Run,
  { name, client }: AdminNode,
  file: MigrationFile,
  index: number,
): Promise<void> {
  const statement = index + 1;
  const sql = file.statements[index] ?? '';
  await lock.assertHeld();
  try {
    await client.command({
      query: sql,
      clickhouse_settings: { async_insert: 0, mutations_sync: '2', alter_sync: '2' },
    });
  } catch (error) {
    const where = `${file.name}.sql, statement ${statement} of ${file.statements.length}`;
    throw new AppError('internal', `${where} failed at ${name}: ${messageOf(error)}\n\n${sql}`, {
      cause: error,
    });
  }
  await writeLedger(client, { name: file.name, statement, checksum: checksum(sql) });
}
