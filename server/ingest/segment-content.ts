import { hasFrame, intactGroups, type Bytes } from './checksum-frame.ts';
import { parseNotes, type Note } from './segment-notes.ts';

/** What a segment's file holds after a crash. */
export interface SegmentContent {
  /** Where the rows end. */
  readonly rowsEnd: number;
  readonly notes: readonly Note[];
  /** Where the notes end. What is behind was never acknowledged. */
  readonly end: number;
  /** What is not as it was written, and must not be shipped; whole lines. */
  readonly damaged: readonly Bytes[];
}

/**
 * Tells rows that are as they were written, rows that are damaged, and what the crash left unfinished.
 *
 * A group whose checksum fits is sound, wherever it is. What is behind the last one, without a trace of a checksum, is a
 * write that was not finished, or the file was cut: whole lines up to the first NUL byte are taken, because they may have
 * been acknowledged. So are those of a file without any checksum, as earlier versions wrote. All else is damaged.
 */
export function readContent(content: Buffer): SegmentContent {
  const notesStart = findNotes(content);
  const rows = content.subarray(0, notesStart);
  const damaged: Bytes[] = [];
  let end = 0;
  for (const group of intactGroups(rows)) {
    if (group.from > end) damaged.push({ from: end, to: group.from });
    end = group.to;
  }
  const tail = rows.subarray(end);
  if (hasFrame(tail)) {
    damaged.push({ from: end, to: rows.length });
    end = rows.length;
  } else {
    end += wholeLines(tail);
  }
  // Of notes behind rows that were cut nobody can say which rows they mean.
  const { notes, bytes } = parseNotes(content.subarray(notesStart).toString());
  const isBlank = ({ from, to }: Bytes) => /^\s*$/.test(rows.toString('latin1', from, to));
  return { rowsEnd: end, notes, end: end + bytes, damaged: damaged.filter((bytes) => !isBlank(bytes)) };
}

/** The first line that is a sound note; the end when there is none. */
function findNotes(content: Buffer): number {
  const isNote = (at: number) => {
    const newline = content.indexOf('\n', at);
    return newline !== -1 && parseNotes(content.toString('utf8', at, newline + 1)).notes.length > 0;
  };
  if (isNote(0)) return 0;
  for (let at = content.indexOf('\n#'); at !== -1; at = content.indexOf('\n#', at + 1)) {
    if (isNote(at + 1)) return at + 1;
  }
  return content.length;
}

function wholeLines(text: Buffer): number {
  const nul = text.indexOf(0);
  return text.subarray(0, nul === -1 ? text.length : nul).lastIndexOf('\n') + 1;
}
