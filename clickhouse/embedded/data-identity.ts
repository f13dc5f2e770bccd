import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from '../../server/journal/owner-directory.ts';

/**
 * Tells the data that an engine was started on from an empty directory in its place: a file with a random id lies in it.
 * Whoever starts a service decides that what it finds is its data, also when that is nothing.
 */
export class DataIdentity {
  readonly #file: string;
  readonly #id: string;

  private constructor(file: string, id: string) {
    this.#file = file;
    this.#id = id;
  }

  /** Of the data as it is now; it gets an id when it has none. */
  static async of(directory: string): Promise<DataIdentity> {
    const file = path.join(directory, 'clickhour-data-id');
    const found = read(file);
    if (found !== undefined) return new DataIdentity(file, found);
    await mkdir(directory, { recursive: true });
    // Of two services that start on it at once, one decides, and nobody finds half an id.
    const proposed = `${file}.${randomUUID()}`;
    await writeFile(proposed, randomUUID());
    await link(proposed, file).catch((error: unknown) => {
      if (!isCode(error, 'EEXIST')) throw error;
    });
    await rm(proposed);
    return new DataIdentity(file, read(file) ?? '');
  }

  /** Whether the data is gone, or another's. What cannot be read, as when this process has no file left to open, says nothing. */
  get isLost(): boolean {
    try {
      return read(this.#file) !== this.#id;
    } catch {
      return false;
    }
  }
}

/** @throws what keeps it from being read, when it is there */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
