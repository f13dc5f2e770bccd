import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from '../../server/common/errors.ts';
import { writeAtOnce } from './engine-files.ts';

/**
 * Tells the data that an engine was started on from an empty directory in its place: a file with a random id lies in it.
 * Whoever starts a service decides that what it finds is its data, also when that is nothing.
 */
export class DataIdentity {
  readonly #directory: string;
  readonly #id: string;

  private constructor(directory: string, id: string) {
    this.#directory = directory;
    this.#id = id;
  }

  /** Of the data that another process has its engine on; undefined where there is none. */
  static found(directory: string): DataIdentity | undefined {
    const id = read(fileIn(directory));
    return id === undefined ? undefined : new DataIdentity(directory, id);
  }

  /** Of the data as it is now; it gets an id when it has none. For the one process that may run an engine on it. */
  static async of(directory: string): Promise<DataIdentity> {
    const found = DataIdentity.found(directory);
    if (found !== undefined) return found;
    const id = randomUUID();
    await mkdir(directory, { recursive: true });
    await writeAtOnce(fileIn(directory), id);
    return new DataIdentity(directory, id);
  }

  /** Whether the data is gone, or another's. What cannot be read, as when this process has no file left to open, says nothing. */
  get isLost(): boolean {
    try {
      return read(fileIn(this.#directory)) !== this.#id;
    } catch {
      return false;
    }
  }

  /** Why nothing may be stored, and what to do; undefined while the data is there. Looked up at each call. */
  get problem(): string | undefined {
    if (!this.isLost) return undefined;
    return (
      `the data of the embedded ClickHouse in ${this.#directory} is gone, and nothing is shipped: put it back as it ` +
      'was, or start the service again to begin with an empty database'
    );
  }
}

function fileIn(directory: string): string {
  return path.join(directory, 'clickhour-data-id');
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
