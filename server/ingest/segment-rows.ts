import { readFile } from 'node:fs/promises';
import type { Part } from './part.ts';
import type { Segment } from './segment.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

/**
 * Where each row of a segment's text begins. Every line is a row but those that begin with white space, which ClickHouse
 * skips. A last line without its newline is none.
 */
export function rowStarts(text: Buffer): number[] {
  const starts: number[] = [];
  let start = 0;
  for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
    if (text[start] !== SPACE && text[start] !== TAB) starts.push(start);
    start = end + 1;
  }
  return starts;
}

/** The rows of a segment in memory, so that some of them can be sent without the others. */
export class SegmentRows {
  readonly #text: Buffer;
  readonly #starts: readonly number[];

  constructor(text: Buffer) {
    this.#text = text;
    this.#starts = rowStarts(text);
  }

  static async read({ path, bytes }: Segment): Promise<SegmentRows> {
    const file = await readFile(path);
    return new SegmentRows(file.subarray(0, bytes));
  }

  /** The bytes of some rows, in the form that ClickHouse reads. */
  of({ from, to }: Part): Buffer {
    return this.#text.subarray(this.#starts[from], this.#starts[to]);
  }

  /** One row as it was written, without its newline. */
  row(index: number): string {
    return this.of({ from: index, to: index + 1 })
      .toString()
      .split('\n', 1)
      .join('');
  }
}
