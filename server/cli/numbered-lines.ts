import { createReadStream } from 'node:fs';
import { ByteTail } from '../events/json/byte-tail.ts';

/** One line of a file, without its `\n`. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** How far into the file its end is. */
  readonly endByte: number;
}

const NEWLINE = 0x0a;

/** The lines of a file that are not blank, trimmed. */
export async function* numberedLines(file: string): AsyncGenerator<Line> {
  for await (const line of everyLine(file)) {
    const text = line.text.trim();
    if (text !== '') yield { ...line, text };
  }
}

/** Every line of a file as it is. Holds one line and one chunk, whatever the file's size. A byte order mark is left out. */
export async function* everyLine(file: string): AsyncGenerator<Line> {
  const tail = new ByteTail();
  let number = 0;
  let chunkStart = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = chunk;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      number += 1;
      const text = textOf(tail.take(bytes.subarray(start, end)), number);
      start = end + 1;
      yield { number, text, endByte: chunkStart + start };
    }
    tail.append(bytes.subarray(start));
    chunkStart += bytes.length;
  }
  number += 1;
  yield { number, text: textOf(tail.take(Buffer.alloc(0)), number), endByte: chunkStart };
}

function textOf(bytes: Buffer, number: number): string {
  const text = bytes.toString();
  return number === 1 ? text.replace(/^\ufeff/, '') : text;
}
