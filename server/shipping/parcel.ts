import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { isCode, isForbidden, messageOf } from '../common/errors.ts';
import { ClassifiedError } from '../clickhouse/errors.ts';
import { withAdvice } from '../common/files.ts';
import { CorruptSegment, isOfTheFile } from '../journal/quarantine.ts';
import { splitRows } from '../journal/segment-rows.ts';
import { historicBeforeUs, type Segment } from '../journal/segment.ts';

/** Rows of one segment that travel together; a mixed segment is two parcels. */
export interface Parcel {
  readonly segment: Segment;
  readonly rows: 'all' | 'recent' | 'historic';
  /** Whether every row of it is stored, or kept as a rejected one. */
  isDone: boolean;
  /** Of the whole segment, and shared by its parcels. */
  readonly progress: Progress;
}

export interface Progress {
  /** Parcels that are not done; the segment's file is removed when there are none. */
  open: number;
  /** Rows that are not stored, but kept as rejected ones or in quarantine. */
  refused: number;
  /** Whether there is no file to remove: it is in quarantine, or somebody else has removed it. */
  isGone: boolean;
}

/** A segment's file is gone, is no file, or cannot be opened or read, as when this user may not. */
export class Unreadable extends ClassifiedError {
  readonly parcel: Parcel;

  constructor(parcel: Parcel, cause: unknown) {
    super('request', `the segment ${parcel.segment.name} cannot be read: ${messageOf(withAdvice(cause))}`, cause);
    this.parcel = parcel;
  }
}

export function wholeSegment(segment: Segment): Parcel {
  return { segment, rows: 'all', isDone: false, progress: { open: 1, refused: 0, isGone: false } };
}

/** What happened lately, and the rest. */
export function splitSegment(segment: Segment): { readonly recent: Parcel; readonly historic: Parcel } {
  const parcel = { segment, isDone: false, progress: { open: 2, refused: 0, isGone: false } };
  return { recent: { ...parcel, rows: 'recent' }, historic: { ...parcel, rows: 'historic' } };
}

/** How many rows it has, about. */
export function rowsIn({ segment, rows }: Parcel): number {
  if (rows === 'all') return segment.rows;
  return rows === 'historic' ? segment.historicRows : segment.rows - segment.historicRows;
}

/** How many bytes it has, about. */
export function bytesIn(parcel: Parcel): number {
  const { segment } = parcel;
  return Math.ceil((segment.bytes * rowsIn(parcel)) / segment.rows);
}

/**
 * The rows in the bytes that ClickHouse reads.
 * @throws Unreadable
 */
export async function readParcel(parcel: Parcel): Promise<Buffer> {
  const file = await openFile(parcel);
  try {
    return await readRows(parcel, file);
  } finally {
    await file.close();
  }
}

const READ_BYTES = 256 * 1024;

/**
 * The rows of several parcels as one stream, straight from their files.
 * @throws Unreadable; what cannot be read later ends the stream with one
 */
export async function openParcels(parcels: readonly Parcel[]): Promise<Readable> {
  const opened: OpenParcel[] = [];
  try {
    for (const parcel of parcels) opened.push([parcel, await openFile(parcel)]);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
  const stream = Readable.from(rowsOf(opened));
  // Also of a stream that nobody began to read.
  stream.once('close', () => void closeAll(opened));
  return stream;
}

type OpenParcel = readonly [Parcel, FileHandle];

async function* rowsOf(opened: readonly OpenParcel[]): AsyncGenerator<Buffer> {
  for (const [parcel, file] of opened) {
    const { rows, segment } = parcel;
    if (rows !== 'all') yield await readRows(parcel, file);
    else
      for (let from = 0; from < segment.bytes; from += READ_BYTES)
        yield await readBytes(parcel, file, from, Math.min(from + READ_BYTES, segment.bytes));
  }
  // ClickHouse refuses an INSERT of no bytes, and skips white space.
  yield Buffer.from('\n');
}

async function closeAll(opened: readonly OpenParcel[]): Promise<void> {
  await Promise.allSettled(opened.map(async ([, file]) => file.close()));
}

async function openFile(parcel: Parcel): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await open(parcel.segment.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw isOfTheFile(error) || isForbidden(error) ? new Unreadable(parcel, error) : error;
  }
}

async function readRows(parcel: Parcel, file: FileHandle): Promise<Buffer> {
  const { segment, rows } = parcel;
  const text = await readBytes(parcel, file, 0, segment.bytes);
  return rows === 'all' ? text : splitRows(text, historicBeforeUs(segment.openedMs))[rows];
}

/** @throws Unreadable, also when the file ends before `to` */
async function readBytes(parcel: Parcel, file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { path, bytes } = parcel.segment;
  const read = Buffer.allocUnsafe(to - from);
  try {
    for (let done = 0; done < read.length;) {
      const { bytesRead } = await file.read(read, done, read.length - done, from + done);
      if (bytesRead === 0) throw new CorruptSegment(`${path} has ${from + done} bytes, expected ${bytes}`);
      done += bytesRead;
    }
    return read;
  } catch (error) {
    throw isOfTheFile(error) || isCode(error, 'EIO') ? new Unreadable(parcel, error) : error;
  }
}
