import { ByteTail } from './byte-tail.ts';
import { isWhitespace, NEWLINE, RETURN } from './bytes.ts';
import type { Splitter } from './splitter.ts';

/** NDJSON: each line is a text, without its `\n` or `\r\n`. Blank lines are none. The last line needs no newline. */
export class LineSplitter implements Splitter {
  readonly isOneValue = false;
  readonly #tail = new ByteTail();

  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      keep(this.#tail.take(chunk.subarray(start, end)), lines);
      start = end + 1;
    }
    if (start < chunk.length) this.#tail.append(chunk.subarray(start));
    return lines;
  }

  end(): Buffer[] {
    const lines: Buffer[] = [];
    keep(this.#tail.take(Buffer.alloc(0)), lines);
    return lines;
  }
}

function keep(line: Buffer, lines: Buffer[]): void {
  if (line.every(isWhitespace)) return;
  lines.push(line.at(-1) === RETURN ? line.subarray(0, -1) : line);
}
