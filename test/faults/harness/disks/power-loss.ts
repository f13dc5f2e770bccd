import { readFile, stat, truncate } from 'node:fs/promises';
import type { Random } from '../../../support/events/random.ts';
import { journalFiles } from '../stored-ledger.ts';

/**
 * Takes from the files of a journal what a loss of power would have taken: bytes that were written and not yet synced,
 * all of them or any part. SIGKILL alone leaves them in the page cache.
 * @param syncedLog what the dead server wrote down; see `support/journal-disk.ts`
 */
export async function losePower(dataDir: string, syncedLog: string, random: Random): Promise<void> {
  const synced = new Map<number, number>();
  for (const line of (await readFile(syncedLog, 'utf8')).split('\n')) {
    const [inode, bytes] = line.split(' ');
    if (bytes !== undefined) synced.set(Number(inode), Number(bytes));
  }
  for (const file of await journalFiles(dataDir)) {
    const { ino, size } = await stat(file);
    const durable = synced.get(ino) ?? size;
    if (durable < size) await truncate(file, random.isTrue(0.5) ? durable : random.whole(durable, size));
  }
}
