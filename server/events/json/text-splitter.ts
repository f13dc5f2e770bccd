import { ByteTail } from './byte-tail.ts';
import { isWhitespace, NEWLINE, OPEN_ARRAY, OPEN_OBJECT } from './bytes.ts';
import { JsonSplitter } from './json-splitter.ts';
import { LineSplitter } from './line-splitter.ts';
import { MalformedBody, type Splitter } from './splitter.ts';

/**
 * A body that does not say what it is: one JSON value, or one a line. An array is JSON. Otherwise the first line decides:
 * an object that begins on it and does not end there is JSON that is written on many lines, and all else is NDJSON.
 *
 * States: `undecided` (what came is held), and then that of the splitter that was chosen.
 */
export class TextSplitter implements Splitter {
  readonly #held = new ByteTail();
  #chosen: Splitter | undefined;
  /** The first byte that is not blank. */
  #first: number | undefined;

  get isOneValue(): boolean {
    return this.#chosen?.isOneValue ?? true;
  }

  push(chunk: Buffer): Buffer[] {
    if (this.#chosen !== undefined) return this.#chosen.push(chunk);
    const start = this.#first === undefined ? chunk.findIndex((byte) => !isWhitespace(byte)) : 0;
    if (start === -1) return [];
    this.#first ??= chunk[start];
    if (this.#first === OPEN_ARRAY) return this.#choose(new JsonSplitter(), chunk);
    if (this.#first !== OPEN_OBJECT) return this.#choose(new LineSplitter(), chunk);
    const newline = chunk.indexOf(NEWLINE, start);
    if (newline === -1) {
      this.#held.append(chunk.subarray(start));
      return [];
    }
    const line = this.#held.take(chunk.subarray(start, newline));
    const splitter = isWhole(line) ? new LineSplitter() : new JsonSplitter();
    return [...this.#choose(splitter, line), ...splitter.push(chunk.subarray(newline))];
  }

  end(): Buffer[] {
    const texts = this.#chosen === undefined ? this.#choose(new LineSplitter(), this.#held.take(Buffer.alloc(0))) : [];
    return [...texts, ...(this.#chosen?.end() ?? [])];
  }

  #choose(splitter: Splitter, begun: Buffer): Buffer[] {
    this.#chosen = splitter;
    return splitter.push(begun);
  }
}

/** Whether an object that begins on a line also ends there; what comes behind its end is the business of the line. */
function isWhole(line: Buffer): boolean {
  try {
    return new JsonSplitter().push(line).length > 0;
  } catch (error) {
    if (error instanceof MalformedBody) return true;
    throw error;
  }
}
