import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncDirectory } from '../common/files.ts';
import type { Segment } from './segment.ts';

/** A new file of the journal. What `write` has resolved for is on the disk, and not only in the system's cache. */
export interface DurableFile {
  /**
   * @param position in bytes from the start of the file
   * @throws what the disk answers; any part of the bytes may have been written
   */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Cuts off what is beyond `length` bytes, also on the disk. */
  cut(length: number): Promise<void>;
  close(): Promise<void>;
}

/** A segment that grows, and its file. */
export interface OpenSegment {
  readonly segment: Segment;
  readonly file: DurableFile;
}

/** Makes the file of a new segment, with a name that a loss of power does not take. It leaves nothing when it fails. */
export async function openSegment(segment: Segment): Promise<OpenSegment> {
  const file = await createDurableFile(segment.path);
  try {
    await syncDirectory(path.dirname(segment.path));
  } catch (error) {
    await Promise.allSettled([file.close(), unlink(segment.path)]);
    throw error;
  }
  return { segment, file };
}

/**
 * On Linux a write to a file opened with O_DSYNC is a write and an fdatasync in one system call, and so in one trip to
 * the thread pool and back instead of two (open(2)). macOS has the flag but leaves the bytes in the drive's own cache;
 * there Node's fdatasync is F_FULLFSYNC, which does not.
 */
const WRITES_ARE_SYNCED = process.platform === 'linux';

/** @throws `EEXIST` when there is a file at this path */
export async function createDurableFile(name: string): Promise<DurableFile> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_DSYNC } = constants;
  const file = await open(name, O_CREAT | O_EXCL | O_WRONLY | (WRITES_ARE_SYNCED ? O_DSYNC : 0));
  return {
    write: async (bytes, position) => {
      await writeAll(file, bytes, position);
      if (!WRITES_ARE_SYNCED) await file.datasync();
    },
    cut: async (length) => {
      await file.truncate(length);
      await file.datasync();
    },
    close: async () => file.close(),
  };
}

/** Writes all of `bytes`, however little the disk takes at a time. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
