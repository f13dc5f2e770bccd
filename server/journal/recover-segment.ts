import { constants } from 'node:fs';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from '../common/errors.ts';
import type { Bytes } from './checksum-frame.ts';
import { writeAll } from './segment-file.ts';
import { CorruptSegment, type Quarantine } from './quarantine.ts';
import { readContent } from './segment-content.ts';
import { rowStarts } from './segment-rows.ts';
import { EXTENSION, tableOf, type Segment } from './segment.ts';

/** Never follows a link out of the journal, and never waits for somebody to write into a pipe. */
const { O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Makes a segment that another process left behind ready to ship: verifies and counts its rows, and cuts off what the
 * crash left unfinished, which was never acknowledged. Damaged rows are copied into the quarantine, and become white
 * space in the segment, so that what follows them is still read.
 *
 * Reads the whole file into memory: it holds `segmentMaxBytes` and one group of commits at most.
 * @throws CorruptSegment when it is no regular file of a table of the service, or cannot be read; and what the disk or the
 * quarantine says. It is left as it was then
 */
export async function recoverSegment(file: string, quarantine: Pick<Quarantine, 'save'>): Promise<Segment> {
  const table = tableOf(file);
  if (table === undefined) throw new CorruptSegment(`${file} is for no table of the service`);
  const handle = await open(file, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new CorruptSegment(`${file} is no regular file`);
    const content = await readFile(handle).catch((error: unknown) => {
      throw isCode(error, 'EIO') ? new CorruptSegment(`${file} cannot be read`, { cause: error }) : error;
    });
    const { end, damaged } = readContent(content);
    const name = path.basename(file, EXTENSION);
    for (const bytes of damaged) {
      await quarantine.save(`${name}.${bytes.from}-${bytes.to}`, content.subarray(bytes.from, bytes.to));
      await blank(handle, content, bytes);
    }
    if (end < content.length) await handle.truncate(end);
    if (end < content.length || damaged.length > 0) await handle.datasync();
    const rows = rowStarts(content.subarray(0, end)).length;
    const openedMs = stat.mtimeMs;
    return { name, table, path: file, openedMs, rows, bytes: end, historicRows: 0 };
  } finally {
    await handle.close();
  }
}

/** In the file and in memory. */
async function blank(file: FileHandle, content: Buffer, { from, to }: Bytes): Promise<void> {
  content.fill(' ', from, to).fill('\n', to - 1, to);
  await writeAll(file, content.subarray(from, to), from);
}
