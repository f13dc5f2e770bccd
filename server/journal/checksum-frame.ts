import { crc32 } from 'node:zlib';
import { NEWLINE, SPACE, TAB } from '../events/json/bytes.ts';

/**
 * What follows each group of rows in the journal: its CRC-32 and its length, 32 bits each, most significant first, a space
 * for 0 and a tab for 1; then a newline. ClickHouse skips white space between rows, so a segment is still shipped as it
 * is, and rows hold no such line, because JSON escapes a tab. Measured: 2 µs for a group of one row, 9 µs for one of a
 * hundred; no difference in the time that ClickHouse takes for 8 MB.
 */
const BITS = 64;
export const FRAME_BYTES = BITS + 1;

/** So many of the 64 bytes of a damaged frame are still white space that it is known for one. */
const RECOGNIZABLE = 48;

const BYTES = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(2).padStart(8, '0').replaceAll('0', ' ').replaceAll('1', '\t'),
);

/** The bytes of a group with its frame behind it. */
export function withFrame(rows: string): Buffer {
  const length = Buffer.byteLength(rows);
  const framed = Buffer.allocUnsafe(length + FRAME_BYTES);
  framed.write(rows, 0);
  const sums = Buffer.allocUnsafe(8);
  sums.writeUInt32BE(crc32(framed.subarray(0, length)), 0);
  sums.writeUInt32BE(length, 4);
  framed.write(`${Array.from(sums, (byte) => BYTES[byte] ?? '').join('')}\n`, length, 'latin1');
  return framed;
}

/** A run of bytes: from `from` up to and without `to`. */
export interface Bytes {
  readonly from: number;
  readonly to: number;
}

/** Every group that is as it was written, with its frame, in order. What is between them is not. */
export function intactGroups(text: Buffer): readonly Bytes[] {
  const groups: Bytes[] = [];
  let end = 0;
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) {
    const frame = at - BITS;
    if (frame < end || whiteSpaceOf(text, frame) < BITS) continue;
    const sums = Buffer.from(text.toString('latin1', frame, at).replace(/.{8}/gs, toByte), 'latin1');
    const from = frame - sums.readUInt32BE(4);
    if (from < end || crc32(text.subarray(from, frame)) !== sums.readUInt32BE(0)) continue;
    end = at + 1;
    groups.push({ from, to: end });
  }
  return groups;
}

/** Whether some line looks like a frame, also a damaged one. */
export function hasFrame(text: Buffer): boolean {
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) {
    if (at >= BITS && whiteSpaceOf(text, at - BITS) >= RECOGNIZABLE) return true;
  }
  return false;
}

function toByte(bits: string): string {
  return String.fromCharCode(BYTES.indexOf(bits));
}

function whiteSpaceOf(text: Buffer, from: number): number {
  let count = 0;
  for (let at = from; at < from + BITS; at += 1) {
    if (text[at] === SPACE || text[at] === TAB) count += 1;
  }
  return count;
}
