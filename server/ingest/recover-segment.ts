import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { NOTE_MARK, parseNotes } from './segment-notes.ts';
import { rowStarts } from './segment-rows.ts';
import { EXTENSION, type Segment } from './segment.ts';

/**
 * Makes a segment that another process left behind ready to ship: counts its rows, reads the notes behind them, and cuts
 * off what the crash left unfinished, which was never acknowledged. That is a last line without its newline, or, after a
 * loss of power, blocks that were given to the file but never written and read as NUL bytes; a row never holds one.
 *
 * Reads the whole file into memory: it holds `segmentMaxBytes` and one group of commits at most.
 */
export async function recoverSegment(file: string): Promise<Segment> {
  const handle = await open(file, 'r+');
  try {
    const { mtimeMs } = await handle.stat();
    const content = await readFile(handle);
    const bytes = endOfRows(content);
    const { notes, bytes: noteBytes } = parseNotes(content.subarray(bytes).toString());
    if (bytes + noteBytes < content.length) {
      await handle.truncate(bytes + noteBytes);
      await handle.datasync();
    }
    const name = path.basename(file, EXTENSION);
    const table = name.slice(0, name.indexOf('-'));
    const rows = rowStarts(content.subarray(0, bytes)).length;
    return { name, table, path: file, firstRowMs: mtimeMs, rows, bytes, isRecovered: true, notes };
  } finally {
    await handle.close();
  }
}

/** Behind the last whole row before the notes, or before the first NUL byte. */
function endOfRows(content: Buffer): number {
  const firstNote = content[0] === NOTE_MARK ? 0 : content.indexOf(`\n${String.fromCharCode(NOTE_MARK)}`) + 1;
  const nul = content.indexOf(0);
  const ends = [content.length, nul, content[0] === NOTE_MARK || firstNote > 0 ? firstNote : -1];
  const end = Math.min(...ends.filter((end) => end !== -1));
  return content.subarray(0, end).lastIndexOf('\n') + 1;
}
