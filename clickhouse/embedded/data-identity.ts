import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

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
    await writeFile(file, randomUUID());
    return new DataIdentity(file, read(file) ?? '');
  }

  /** Whether the data is gone, or another's. */
  get isLost(): boolean {
    return read(this.#file) !== this.#id;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
