import { intactGroups, withFrame } from '../journal/checksum-frame.ts';
import { isOfUser, type ErasedUser } from './erased-user.ts';

/** A text of the journal without the rows of a user. */
export interface Remainder {
  readonly content: Buffer;
  /** How many rows were left out. */
  readonly erased: number;
}

/**
 * A segment without the rows of a user. Groups that lose rows get a new checksum; all else is as it was: groups, what is
 * damaged between them, and what a crash left unfinished at the end.
 */
export function segmentWithoutUser(content: Buffer, whose: ErasedUser): Remainder {
  const kept: Buffer[] = [];
  let erased = 0;
  const keep = (remainder: Remainder, reframe: boolean, original: Buffer) => {
    erased += remainder.erased;
    if (remainder.erased === 0) kept.push(original);
    else if (!reframe) kept.push(remainder.content);
    else if (remainder.content.length > 0) kept.push(withFrame(remainder.content.toString()));
  };
  let end = 0;
  for (const { from, to } of intactGroups(content)) {
    const between = content.subarray(end, from);
    keep(linesWithoutUser(between, whose), false, between);
    const group = content.subarray(from, to);
    keep(linesWithoutUser(rowsOf(group), whose), true, group);
    end = to;
  }
  const tail = content.subarray(end);
  keep(linesWithoutUser(tail, whose), false, tail);
  return { content: Buffer.concat(kept), erased };
}

/** A text without the lines that are of the user. */
export function linesWithoutUser(content: Buffer, whose: ErasedUser): Remainder {
  const kept: Buffer[] = [];
  let erased = 0;
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(NEWLINE, start);
    const end = newline === -1 ? content.length : newline + 1;
    const line = content.subarray(start, end);
    if (isOfUser(line.toString(), whose)) erased += 1;
    else kept.push(line);
    start = end;
  }
  return { content: Buffer.concat(kept), erased };
}

const NEWLINE = 0x0a;

/** A group without its frame, which is its last line. */
function rowsOf(group: Buffer): Buffer {
  return group.subarray(0, group.lastIndexOf(NEWLINE, group.length - 2) + 1);
}
