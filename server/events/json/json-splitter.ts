import { ByteTail } from './byte-tail.ts';
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  isWhitespace,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from './bytes.ts';
import { MalformedBody, type Splitter } from './splitter.ts';

/**
 * One JSON object, which is the one text; or one JSON array, whose elements are the texts.
 *
 * States: `start` (nothing but whitespace yet), `first` (behind the `[`), `element` (behind a comma), `value` (inside a
 * text), `between` (behind an element), `end` (behind the whole value: nothing but whitespace may come).
 * Inside a text it counts brackets outside of strings and nothing else, so it needs no stack.
 */
export class JsonSplitter implements Splitter {
  readonly isOneValue = true;
  readonly #tail = new ByteTail();
  #state: 'start' | 'first' | 'element' | 'value' | 'between' | 'end' = 'start';
  #isArray = false;
  /** Brackets that are open inside the text; 0 in a text that is a string, a number or a word. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;

  push(chunk: Buffer): Buffer[] {
    const texts: Buffer[] = [];
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'value') {
        at = this.#skipValue(chunk, at);
        // The state has changed when the text ends in this chunk.
        if (!this.#isInside()) texts.push(this.#tail.take(chunk.subarray(start, at)));
        continue;
      }
      if (this.#outside(chunk[at] ?? 0)) start = at;
      else at += 1;
    }
    if (this.#isInside()) this.#tail.append(chunk.subarray(start));
    return texts;
  }

  end(): Buffer[] {
    if (this.#state === 'end' || this.#state === 'start') return [];
    const open = this.#isArray ? 'array' : 'object';
    throw new MalformedBody(`received a JSON ${open} without its end, expected a whole one`);
  }

  #isInside(): boolean {
    return this.#state === 'value';
  }

  /** One byte between texts. @returns whether a text begins with it */
  #outside(byte: number): boolean {
    if (isWhitespace(byte)) return false;
    switch (this.#state) {
      case 'start':
        if (byte === OPEN_OBJECT) return this.#begin();
        if (byte !== OPEN_ARRAY) throw unexpected(byte, 'a JSON object or an array of objects');
        this.#isArray = true;
        this.#state = 'first';
        return false;
      case 'first':
        if (byte !== CLOSE_ARRAY) return this.#begin(byte);
        this.#state = 'end';
        return false;
      case 'element':
        return this.#begin(byte);
      case 'between':
        if (byte !== COMMA && byte !== CLOSE_ARRAY) throw unexpected(byte, 'a comma or the end of the array');
        this.#state = byte === COMMA ? 'element' : 'end';
        return false;
      case 'value':
      case 'end':
      default:
        throw unexpected(byte, 'nothing after the JSON value; many objects need Content-Type application/x-ndjson');
    }
  }

  #begin(byte: number = OPEN_OBJECT): true {
    if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) throw unexpected(byte, 'an event');
    this.#state = 'value';
    return true;
  }

  /** @returns where the text ends, or the end of the chunk when it goes on */
  #skipValue(chunk: Buffer, from: number): number {
    let depth = this.#depth;
    let at = from;
    let isWhole = false;
    while (at < chunk.length && !isWhole) {
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        isWhole = depth === 0 && !this.#inString;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (depth === 0 && endsScalar(byte)) break;
      at += 1;
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth -= 1;
        isWhole = depth === 0;
      }
    }
    this.#depth = depth;
    if (isWhole || (at < chunk.length && depth === 0)) this.#state = this.#isArray ? 'between' : 'end';
    return at;
  }

  /** @returns what is behind the closing quote, or the end of the chunk */
  #skipString(chunk: Buffer, from: number): number {
    let isEscaped = this.#isEscaped;
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        this.#isEscaped = false;
        return at + 1;
      }
    }
    this.#isEscaped = isEscaped;
    return chunk.length;
  }
}

/** What ends a number or a word. */
function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_ARRAY || isWhitespace(byte);
}

function unexpected(byte: number, expected: string): MalformedBody {
  const shown = byte > SPACE && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
  return new MalformedBody(`received ${shown}, expected ${expected}`);
}
