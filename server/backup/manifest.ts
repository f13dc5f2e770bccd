import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf, show, isCode } from '../common/errors.ts';

/** One file of a backup. */
export interface BackupFile {
  /** Below the backup, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** The rows of a table: ClickHouse's Native format, packed with gzip, in any number of files. */
export interface BackupTable {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly files: readonly BackupFile[];
}

/** What a backup holds. It is written last, so a backup that was not completed has none. */
export interface Manifest {
  readonly format: 1;
  /** ISO 8601: every event that was acknowledged before is in the backup. */
  readonly beganAt: string;
  /** The migrations that the tables had. */
  readonly migrations: readonly string[];
  /** From when on every raw event that was counted is there, in seconds since the epoch; 0: all are. */
  readonly wholeSinceS: number;
  readonly tables: readonly BackupTable[];
  /** As they were below `DATA_DIR/journal`. */
  readonly journal: readonly BackupFile[];
}

const NAME = 'manifest.json';
/** No name of it leaves the backup. */
const FILE_PATH = /^(?:[\w-][\w.-]*\/)+[\w-][\w.-]*$/;

/** Whether a file may have this path in a backup: one that has another cannot be brought back. */
export function isFilePath(name: string): boolean {
  return FILE_PATH.test(name);
}

/** Returns once the manifest is on disk. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const json = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(path.join(directory, NAME), json, { flag: 'wx', mode: 0o600, flush: true });
}

/**
 * Reads a backup's manifest, and every byte that it names.
 * @throws AppError `invalid` when it is no backup, or one that is damaged, naming the file
 */
export async function readWholeBackup(directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  for (const file of [...manifest.tables.flatMap(({ files }) => files), ...manifest.journal]) {
    if (!isFilePath(file.path)) throw damaged(directory, `${NAME} names ${show(file.path)}`);
    const found = await measure(path.join(directory, file.path)).catch((error: unknown) => {
      throw damaged(directory, `${file.path} cannot be read: ${messageOf(error)}`);
    });
    if (found.bytes !== file.bytes)
      throw damaged(directory, `${file.path} has ${found.bytes} bytes, expected ${file.bytes}`);
    if (found.sha256 !== file.sha256) throw damaged(directory, `${file.path} has other content than was written`);
  }
  return manifest;
}

async function readManifest(directory: string): Promise<Manifest> {
  const file = path.join(directory, NAME);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new AppError('invalid', `${directory} holds no backup: there is no ${NAME} in it, which is written last.`);
  });
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw damaged(directory, `${NAME}: ${messageOf(error)}`);
  }
  const { format, tables, journal } = manifest as Partial<Record<keyof Manifest, unknown>>;
  if (format !== 1)
    throw new AppError('invalid', `${file}: received format ${show(format)}, expected 1: use a newer version`);
  if (!Array.isArray(tables) || !Array.isArray(journal)) throw damaged(directory, `${NAME} lists no files`);
  return manifest as Manifest;
}

async function measure(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const { size } = await stat(file);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { bytes: size, sha256: hash.digest('hex') };
}

function damaged(directory: string, what: string): AppError {
  return new AppError('invalid', `The backup in ${directory} is damaged, and nothing was touched: ${what}.`);
}
