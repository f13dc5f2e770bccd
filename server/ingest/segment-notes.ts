import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { writeAll } from './durable-file.ts';
import type { Part } from './part.ts';

/**
 * What happened to the rows of a segment that ClickHouse refused as a whole. Notes are lines behind the rows in the
 * segment's own file, so that one rename moves both to another server; none is sent to ClickHouse.
 * - `split`: this part will never be sent again as one; from now on its pieces are sent, cut before the rows `at`.
 * - `stored`: ClickHouse has this part.
 * - `refused`: this row will never be sent again; it belongs into the rejected events, with these words of ClickHouse.
 * - `kept`: this row is durable in the journal of the rejected events.
 */
export type Note =
  | { readonly kind: 'split'; readonly part: Part; readonly at: readonly number[] }
  | { readonly kind: 'stored'; readonly part: Part }
  | { readonly kind: 'refused'; readonly row: number; readonly words: string }
  | { readonly kind: 'kept'; readonly row: number };

/** The first byte of each note. Rows begin with a brace. */
export const NOTE_MARK = 0x23;

/** `#` and the CRC-32 of the JSON text as 8 hexadecimal digits, a space, the JSON text, a newline. */
export function formatNote(note: Note): string {
  const json = JSON.stringify(note);
  return `#${checksumOf(json)} ${json}\n`;
}

/**
 * Reads what stands behind the rows of a segment. A note that was not written to its end never took effect, because
 * nothing is done on a note before it is on disk.
 * @returns the notes, and how many bytes they take; what follows is no note
 */
export function parseNotes(text: string): { readonly notes: readonly Note[]; readonly bytes: number } {
  const notes: Note[] = [];
  let bytes = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, checksum = '', json = ''] = /^#([0-9a-f]{8}) (.*)$/s.exec(line) ?? [];
    if (json === '' || checksumOf(json) !== checksum) break;
    notes.push(JSON.parse(json) as Note);
    bytes += Buffer.byteLength(line) + 1;
  }
  return { notes, bytes };
}

/**
 * Writes a note at `position`, and cuts off what may stand behind it. Resolves when it is on disk.
 * @returns where the next note belongs
 */
export async function appendNote(path: string, position: number, note: Note): Promise<number> {
  const bytes = Buffer.from(formatNote(note));
  const file = await open(path, 'r+');
  try {
    await file.truncate(position);
    await writeAll(file, bytes, position);
    await file.datasync();
  } finally {
    await file.close();
  }
  return position + bytes.length;
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
