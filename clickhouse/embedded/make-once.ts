import { randomUUID } from 'node:crypto';
import { link, rm, writeFile } from 'node:fs/promises';
import { isCode } from '../../server/common/errors.ts';

/**
 * Makes a file that only this user may read, unless it is there. Of several processes at once, one does, and nobody finds half
 * of it.
 * @returns whether this one did
 */
export async function makeOnce(file: string, text: string): Promise<boolean> {
  const proposed = `${file}.${randomUUID()}`;
  await writeFile(proposed, text, { mode: 0o600 });
  try {
    await link(proposed, file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(proposed, { force: true });
  }
}
