import { lstat, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from '../common/errors.ts';
import { isMoved, makeDirectory, namesIn, syncDirectory, unlessGone } from '../common/files.ts';

/** Beside the owners' directories, and never taken over. */
export const QUARANTINE = 'quarantine';

/** What the folder may hold of copies; over it nothing more is copied, and what would have been waits. */
const MAX_BYTES = 1024 ** 3;

/** What opening says when it is for the file: it is gone, or no file. Not when the process has no room, or may not read it. */
const OF_THE_FILE = ['ENOENT', 'ELOOP', 'EISDIR', 'ENOTDIR', 'ENXIO'];

/** Whether a file cannot be read for what it is, so that trying again would not help. */
export function isOfTheFile(error: unknown): boolean {
  return error instanceof CorruptSegment || isCode(error, ...OF_THE_FILE);
}

/** A file is no segment, or cannot be read to its end. */
export class CorruptSegment extends Error {}

/**
 * Bytes and files of the journal that nobody can ship, kept for a person to look at. Nothing ever removes them but that
 * person.
 */
export class Quarantine {
  readonly #directory: string;
  #files = 0;

  /** @param journal the directory of all journals */
  constructor(journal: string) {
    this.#directory = path.join(journal, QUARANTINE);
  }

  /** How many files it held when it was last counted, and those that this process added since. */
  get files(): number {
    return this.#files;
  }

  /** Looks how many files are there: other servers add some, and a person takes them away. */
  async count(): Promise<void> {
    this.#files = (await namesIn(this.#directory)).length;
  }

  /**
   * Keeps a copy of some bytes; resolves when it is on disk. A file of that name that is already there is left as it is:
   * it is from an earlier try, when the bytes may have been better.
   * @throws Error when the folder is full
   */
  async save(name: string, bytes: Buffer): Promise<void> {
    await makeDirectory(this.#directory);
    const target = path.join(this.#directory, name);
    if (await exists(target)) {
      await this.#sync();
      return;
    }
    const held = await this.#bytes();
    if (held + bytes.length > MAX_BYTES) {
      throw new Error(`${this.#directory} holds ${held} bytes, at most ${MAX_BYTES} may be copied there`);
    }
    await writeFile(`${target}.part`, bytes, { flush: true });
    await rename(`${target}.part`, target);
    await this.#added();
  }

  /**
   * Moves a file here as it is, whatever it is; one that is gone is let go.
   * @throws what the disk answers
   */
  async take(file: string): Promise<void> {
    await makeDirectory(this.#directory);
    const target = await freePath(path.join(this.#directory, path.basename(file)));
    if (!(await isMoved(file, target))) return;
    await this.#added();
    await syncDirectory(path.dirname(file));
  }

  async #added(): Promise<void> {
    this.#files += 1;
    await this.#sync();
  }

  async #sync(): Promise<void> {
    await syncDirectory(this.#directory);
    await syncDirectory(path.dirname(this.#directory));
  }

  async #bytes(): Promise<number> {
    const names = await namesIn(this.#directory);
    // Meanwhile a person may take some away, or another server may be done with one.
    const sizeOf = async (name: string) => (await unlessGone(lstat(path.join(this.#directory, name))))?.size ?? 0;
    const sizes = await Promise.all(names.map(sizeOf));
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}

/** The path itself, or with the first number behind it that nothing has yet. */
export async function freePath(wanted: string): Promise<string> {
  const { dir, name, ext } = path.parse(wanted);
  let free = wanted;
  for (let number = 2; await exists(free); number += 1) free = path.join(dir, `${name}-${number}${ext}`);
  return free;
}

async function exists(file: string): Promise<boolean> {
  return (await unlessGone(lstat(file))) !== undefined;
}
