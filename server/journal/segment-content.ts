import { hasFrame, intactGroups, type Bytes } from './checksum-frame.ts';

/** What a segment's file holds after a crash. */
export interface SegmentContent {
  /** Where the rows end. What is behind was never acknowledged. */
  readonly end: number;
  /** What is not as it was written, and must not be shipped; whole lines. */
  readonly damaged: readonly Bytes[];
}

/**
 * Tells rows that are as they were written, rows that are damaged, and what the crash left unfinished.
 *
 * A group whose checksum fits is sound, wherever it is. What is behind the last one, without a trace of a checksum, is a
 * write that was not finished, or the file was cut: whole lines up to the first NUL byte are taken, because they may have
 * been acknowledged. All else is damaged.
 */
export function readContent(content: Buffer): SegmentContent {
  const damaged: Bytes[] = [];
  let end = 0;
  for (const group of intactGroups(content)) {
    if (group.from > end) damaged.push({ from: end, to: group.from });
    end = group.to;
  }
  const tail = content.subarray(end);
  if (hasFrame(tail)) {
    damaged.push({ from: end, to: content.length });
    end = content.length;
  } else {
    end += wholeLines(tail);
  }
  const isBlank = ({ from, to }: Bytes) => /^\s*$/.test(content.toString('latin1', from, to));
  return { end, damaged: damaged.filter((bytes) => !isBlank(bytes)) };
}

function wholeLines(text: Buffer): number {
  const nul = text.indexOf(0);
  return text.subarray(0, nul === -1 ? text.length : nul).lastIndexOf('\n') + 1;
}
