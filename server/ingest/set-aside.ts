import { access, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { writeAll } from './durable-file.ts';
import { SET_ASIDE, syncDirectory } from './owner-directory.ts';

/** What the folder may hold; over it nothing more is set aside, and what would have been waits. */
const MAX_BYTES = 1024 ** 3;

/**
 * Bytes of the journal that nobody can ship, kept as files for a person to look at. Nothing ever removes them but that
 * person.
 */
export class SetAside {
  readonly #directory: string;
  #files = 0;

  /** @param journal the directory of all journals */
  constructor(journal: string) {
    this.#directory = path.join(journal, SET_ASIDE);
  }

  /** How many files this process has set aside. */
  get files(): number {
    return this.#files;
  }

  /**
   * Resolves when the bytes are on disk. A file of that name that is already there is left as it is: it is from an
   * earlier try, when the bytes may have been better.
   * @throws Error when the folder is full
   */
  async save(name: string, bytes: Buffer): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const target = path.join(this.#directory, name);
    if (await exists(target)) return;
    const held = await this.#bytes();
    if (held + bytes.length > MAX_BYTES) {
      throw new Error(`${this.#directory} holds ${held} bytes, at most ${MAX_BYTES} may be set aside there`);
    }
    await write(`${target}.part`, bytes);
    await rename(`${target}.part`, target);
    await syncDirectory(this.#directory);
    await syncDirectory(path.dirname(this.#directory));
    this.#files += 1;
  }

  async #bytes(): Promise<number> {
    const files = await readdir(this.#directory);
    const sizes = await Promise.all(files.map(async (file) => stat(path.join(this.#directory, file))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  }
}

async function write(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await writeAll(handle, bytes, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
