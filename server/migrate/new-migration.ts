import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, show } from '../common/errors.ts';

const HEADER = `-- What this changes, and why.
--
-- ClickHouse has no transactions: a run that is killed between a statement and the ledger's note of it runs the statement
-- again. So each must do no harm the second time: IF NOT EXISTS, IF EXISTS.
--
-- On a cluster every statement runs on every node. A table's own part there is NAME{{local}}, and a change of its columns
-- has to be made a second time to NAME itself, in a statement that says {{cluster}}, in a comment if need be:
-- placeholders.ts.
`;

/**
 * Writes the next numbered migration with nothing but a header, and returns its path.
 * @param name words, such as `add events country` or `add_events_country`
 */
export async function newMigration(directory: string, name: string): Promise<string> {
  const words = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  if (!/^[a-z0-9_]{1,80}$/.test(words)) {
    throw new AppError('invalid', `NAME: received ${show(name)}, expected 1 to 80 letters, digits, - and _`);
  }
  const numbers = (await readdir(directory)).map((file) => Number(/^(\d{4})_.*\.sql$/.exec(file)?.[1] ?? 0));
  const next = String(Math.max(0, ...numbers) + 1).padStart(4, '0');
  const file = path.join(directory, `${next}_${words}.sql`);
  await writeFile(file, HEADER, { flag: 'wx' });
  return file;
}
