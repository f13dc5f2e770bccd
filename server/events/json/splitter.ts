import { ByteTail } from './byte-tail.ts';

/**
 * Cuts a body into the exact texts of its events while it streams in, whatever the chunks. It holds at most the one
 * text that is not complete yet. It does not check what is inside a text: that is `JSON.parse`'s job, after it.
 */
export interface Splitter {
  /** Whether the texts are parts of one JSON value, so that with one that is malformed all of them are. */
  readonly isOneValue: boolean;
  /** The texts that end in this chunk, in order. @throws MalformedBody */
  push(chunk: Buffer): Buffer[];
  /** No more chunks: the last text, if it needs no end of its own. @throws MalformedBody */
  end(): Buffer[];
}

/** The body as a whole is not what it claims to be, so nothing of it can be told apart. The message says why. */
export class MalformedBody extends Error {}

const BOM = Buffer.from('\uFEFF');

/** The splitter behind it never sees a byte order mark at the very beginning, which some tools on Windows write. */
export function withoutByteOrderMark(splitter: Splitter): Splitter {
  const held = new ByteTail();
  let hasBegun = false;
  const begin = (bytes: Buffer): Buffer[] => {
    hasBegun = true;
    return splitter.push(bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes);
  };
  return {
    get isOneValue() {
      return splitter.isOneValue;
    },
    push: (chunk) => {
      if (hasBegun) return splitter.push(chunk);
      if (held.length + chunk.length >= BOM.length) return begin(held.take(chunk));
      held.append(chunk);
      return [];
    },
    end: () => [...(hasBegun ? [] : begin(held.take(Buffer.alloc(0)))), ...splitter.end()],
  };
}
