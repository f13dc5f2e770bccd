/**
 * Run by `journal-failures.test.ts` under a limit on the size of a file: appends a row that fits, a group that does not,
 * and a row that fits; prints what came of each.
 */
import { AppError } from '../../../server/common/errors.ts';
import { journalIn, line } from './journal-in-directory.ts';

const [, , directory = ''] = process.argv;
const { journal, sealed } = journalIn(directory);

async function answer(row: string): Promise<string> {
  return await journal.append(line(row)).then(
    () => 'stored',
    (error: unknown) => (error instanceof AppError ? error.code : 'another error'),
  );
}

const before = await answer('before\n');
const within = await Promise.all(Array.from({ length: 10 }, async () => answer(`${'x'.repeat(2000)}\n`)));
const limit = journal.lastError?.message;
const after = await answer('after\n');
await journal.close();
const answers = { before, within, after };
process.stdout.write(JSON.stringify({ limit, answers, sealed: sealed.map(({ name, rows }) => [name, rows]) }));
