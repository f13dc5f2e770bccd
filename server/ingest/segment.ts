import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/**
 * One file of the journal: rows for one table, in the bytes that ClickHouse will read. Its name is its deduplication
 * token for as long as it exists, whichever process owns it.
 */
export interface Segment {
  /** `{table}-{owner}-{number}`, unique for ever. */
  readonly name: string;
  readonly table: string;
  readonly path: string;
  /** When the first row was written, in milliseconds since the epoch. */
  readonly firstRowMs: number;
  /** Durable rows and bytes. What the file holds beyond them was never acknowledged. */
  rows: number;
  bytes: number;
}

const EXTENSION = '.ndjson';

export function createSegment(directory: string, table: string, id: string, firstRowMs: number): Segment {
  const name = `${table}-${id}`;
  return { name, table, path: path.join(directory, name + EXTENSION), firstRowMs, rows: 0, bytes: 0 };
}

export function isSegmentFile(file: string): boolean {
  return /^[a-z_]+-[a-z0-9-]+\.ndjson$/.test(file);
}

/**
 * Makes a segment that another process left behind ready to ship: counts its rows and cuts off what the crash left
 * unfinished, which was never acknowledged. That is a last line without its newline, or, after a loss of power,
 * blocks that were given to the file but never written and read as NUL bytes; a row never holds one.
 */
export async function recoverSegment(file: string): Promise<Segment> {
  const handle = await open(file, 'r+');
  try {
    const { mtimeMs, size } = await handle.stat();
    const { rows, bytes } = await countWholeRows(file);
    if (bytes < size) await cut(handle, bytes);
    const name = path.basename(file, EXTENSION);
    const table = name.slice(0, name.indexOf('-'));
    return { name, table, path: file, firstRowMs: mtimeMs, rows, bytes };
  } finally {
    await handle.close();
  }
}

async function cut(handle: FileHandle, bytes: number): Promise<void> {
  await handle.truncate(bytes);
  await handle.datasync();
}

const NEWLINE = 10;

async function countWholeRows(file: string): Promise<{ rows: number; bytes: number }> {
  let rows = 0;
  let bytes = 0;
  let position = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const buffer: Buffer = chunk;
    const nul = buffer.indexOf(0);
    const end = nul === -1 ? buffer.length : nul;
    for (let at = buffer.indexOf(NEWLINE); at !== -1 && at < end; at = buffer.indexOf(NEWLINE, at + 1)) {
      rows += 1;
      bytes = position + at + 1;
    }
    if (nul !== -1) break;
    position += buffer.length;
  }
  return { rows, bytes };
}
