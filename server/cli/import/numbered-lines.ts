import { ByteTail } from '../../events/json/byte-tail.ts';
import { NEWLINE } from '../../events/json/bytes.ts';
import { isMisread } from '../../events/json/json-text.ts';
import { readBytes } from './read-bytes.ts';

/** Why a line cannot be sent, whatever it says. */
export type LineFlaw = 'too long' | 'not UTF-8';

/** One line of a file, without its `\n`. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined when it is too long: it was passed over. What is not UTF-8 in it is U+FFFD, which makes different texts one. */
  readonly text: string | undefined;
  readonly flaw: LineFlaw | undefined;
  /** How far into the file its end is. */
  readonly endByte: number;
}

/** More than a service takes in one body, by default. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** The lines of a file that are not blank, trimmed. */
export async function* numberedLines(file: string): AsyncGenerator<Line> {
  for await (const line of everyLine(file)) {
    const text = line.text?.trim();
    if (text !== '') yield { ...line, text };
  }
}

/**
 * Every line of a file as it is. Holds one line, of at most the limit, and one chunk, whatever the file's size. A byte
 * order mark is left out.
 * @throws AppError `invalid` as `readBytes`
 */
export async function* everyLine(file: string): AsyncGenerator<Line> {
  const tail = new LineTail();
  let number = 0;
  let chunkStart = 0;
  for await (const bytes of readBytes(file)) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      number += 1;
      const line = lineOf(tail.take(bytes.subarray(start, end)), number);
      start = end + 1;
      yield { ...line, endByte: chunkStart + start };
    }
    tail.append(bytes.subarray(start));
    chunkStart += bytes.length;
  }
  number += 1;
  yield { ...lineOf(tail.take(Buffer.alloc(0)), number), endByte: chunkStart };
}

/** The line whose end has not come yet; only that it is too long, once it is. */
class LineTail {
  readonly #tail = new ByteTail();
  #isOver = false;

  append(bytes: Buffer): void {
    this.#isOver ||= this.#tail.length + bytes.length > MAX_LINE_BYTES;
    if (this.#isOver) this.#tail.take(Buffer.alloc(0));
    else this.#tail.append(bytes);
  }

  /** The line that `end` ends; undefined when it is too long. */
  take(end: Buffer): Buffer | undefined {
    const isOver = this.#isOver || this.#tail.length + end.length > MAX_LINE_BYTES;
    this.#isOver = false;
    const line = this.#tail.take(end);
    return isOver ? undefined : line;
  }
}

function lineOf(bytes: Buffer | undefined, number: number): Omit<Line, 'endByte'> {
  if (bytes === undefined) return { number, text: undefined, flaw: 'too long' };
  const text = bytes.toString();
  const flaw = isMisread(text, bytes) ? 'not UTF-8' : undefined;
  return { number, text: number === 1 ? text.replace(/^\ufeff/, '') : text, flaw };
}
