import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/**
 * How a disk can fail. `full`: half of a write is done, then ENOSPC. `unwritable`: EIO at a write. `unsynced`: what is
 * written cannot be made durable, EIO.
 */
export type DiskFault = 'full' | 'unwritable' | 'unsynced';

export interface JournalDiskOptions {
  /** Gets a line `INODE BYTES` whenever more or fewer bytes of a segment are durable; the last line of a file counts. */
  readonly syncedLog: string;
  /** A break put in on purpose: what should make bytes durable does nothing, and says that it did. */
  readonly forgetsToSync: boolean;
  /** The same for the names in a directory: what was removed may come back with a loss of power. */
  readonly forgetsRemovals: boolean;
}

export interface JournalDisk {
  /** From now on; undefined ends it. */
  fail(fault: DiskFault | undefined): void;
}

/**
 * Puts itself between this process and the files of its journal: makes their disk fail when told to, and writes down
 * what of them would survive a loss of power, whether the journal syncs by datasync or opens its files with O_DSYNC.
 */
export function interposeJournalDisk({ syncedLog, forgetsToSync, forgetsRemovals }: JournalDiskOptions): JournalDisk {
  const log = fs.openSync(syncedLog, 'a');
  const note = (inode: number, bytes: number) => void fs.writeSync(log, `${inode} ${bytes}\n`);
  const state: State = { fault: undefined, forgetsToSync, note };
  const { open } = fs.promises;
  Object.assign(fs.promises, {
    open: async (file: string, flags: string | number = 'r', mode?: number): Promise<FileHandle> => {
      if (forgetsRemovals && /journal\/\d{17}-[0-9a-f]{8}$/.test(file))
        return Object.assign(await open(file, flags, mode), { sync: async () => undefined });
      if (!/journal.*\/[a-z_]+-[^/]+$/.test(file) || isReadOnly(flags)) return open(file, flags, mode);
      const handle = await open(file, forgetsToSync ? withoutSync(flags) : flags, mode);
      return watch(handle, isSynchronous(flags), state);
    },
  });
  syncBuiltinESMExports();
  return { fail: (fault) => void (state.fault = fault) };
}

interface State {
  fault: DiskFault | undefined;
  readonly forgetsToSync: boolean;
  readonly note: (inode: number, bytes: number) => void;
}

const { O_DSYNC, O_RDWR, O_SYNC, O_WRONLY } = fs.constants;

function isReadOnly(flags: string | number): boolean {
  return typeof flags === 'number' ? (flags & (O_WRONLY | O_RDWR)) === 0 : flags === 'r';
}

function isSynchronous(flags: string | number): boolean {
  return typeof flags === 'number' && (flags & (O_DSYNC | O_SYNC)) !== 0;
}

function withoutSync(flags: string | number): string | number {
  return typeof flags === 'number' ? flags & ~(O_DSYNC | O_SYNC) : flags;
}

/** Only the calls that a journal makes; `position` is always given. */
function watch(handle: FileHandle, isSynchronous: boolean, state: State): FileHandle {
  const { ino, size } = fs.fstatSync(handle.fd);
  let written = size;
  // A file that is new here may have the number of one that is gone.
  if (size === 0) state.note(ino, 0);
  const done = { write: handle.write.bind(handle), truncate: handle.truncate.bind(handle) };
  const sync = handle.datasync.bind(handle);
  const makeDurable = async () => {
    if (state.fault === 'unsynced') throw failure('EIO', 'fdatasync');
    if (state.forgetsToSync) return;
    const bytes = written;
    await sync();
    state.note(ino, bytes);
  };
  return Object.assign(handle, {
    write: async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      if (state.fault === 'unwritable') throw failure('EIO', 'write');
      const isFull = state.fault === 'full';
      if (isFull && length <= 1) throw failure('ENOSPC', 'write');
      const result = await done.write(bytes, offset, isFull ? length >> 1 : length, position);
      written = position + result.bytesWritten;
      if (!isSynchronous) return result;
      if (state.fault === 'unsynced') throw failure('EIO', 'write');
      if (!state.forgetsToSync) state.note(ino, written);
      return result;
    },
    truncate: async (length: number) => {
      await done.truncate(length);
      written = length;
      state.note(ino, length);
    },
    datasync: makeDurable,
    sync: makeDurable,
  });
}

function failure(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made to fail by the test, ${syscall}`), { code, syscall });
}
