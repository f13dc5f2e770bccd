import { open, readFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Bytes } from './checksum-frame.ts';
import { writeAll } from './durable-file.ts';
import { readContent } from './segment-content.ts';
import { rowStarts } from './segment-rows.ts';
import { EXTENSION, type Segment } from './segment.ts';
import type { SetAside } from './set-aside.ts';

/**
 * Makes a segment that another process left behind ready to ship: verifies and counts its rows, reads the notes behind
 * them, and cuts off what the crash left unfinished, which was never acknowledged. Damaged rows are copied to a file of
 * their own, and become white space in the segment, so that what follows them is still read.
 *
 * The segment keeps its name and token: if it was stored before it was damaged, ClickHouse has the damaged rows as well
 * and takes the rest for what it is, a batch sent again.
 *
 * Reads the whole file into memory: it holds `segmentMaxBytes` and one group of commits at most.
 * @throws Error when it cannot be read, or rows are damaged and cannot be set aside; it is left as it was then
 */
export async function recoverSegment(file: string, setAside: Pick<SetAside, 'save'>): Promise<Segment> {
  const handle = await open(file, 'r+');
  try {
    const { mtimeMs } = await handle.stat();
    const content = await readFile(handle);
    const { rowsEnd, notes, end, damaged } = readContent(content);
    const name = path.basename(file, EXTENSION);
    if (damaged.length > 0 && notes.length > 0) {
      throw new Error(
        `${file} was being divided and is damaged; which of its rows are stored can only be seen by a person`,
      );
    }
    for (const bytes of damaged) {
      await setAside.save(`${name}.${bytes.from}-${bytes.to}`, content.subarray(bytes.from, bytes.to));
      await blank(handle, content, bytes);
    }
    if (end < content.length) await handle.truncate(end);
    if (end < content.length || damaged.length > 0) await handle.datasync();
    const table = name.slice(0, name.indexOf('-'));
    const rows = rowStarts(content.subarray(0, rowsEnd)).length;
    return { name, table, path: file, firstRowMs: mtimeMs, rows, bytes: rowsEnd, isRecovered: true, notes };
  } finally {
    await handle.close();
  }
}

/** In the file and in memory. */
async function blank(file: FileHandle, content: Buffer, { from, to }: Bytes): Promise<void> {
  content.fill(' ', from, to).fill('\n', to - 1, to);
  await writeAll(file, content.subarray(from, to), from);
}
