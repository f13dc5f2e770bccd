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

const BOM = [0xef, 0xbb, 0xbf] as const;

/** The splitter behind it never sees a byte order mark at the very beginning, which some tools on Windows write. */
export function withoutByteOrderMark(splitter: Splitter): Splitter {
  let seen = 0;
  const held: number[] = [];
  const push = (chunk: Buffer): Buffer[] => {
    let at = 0;
    while (seen < BOM.length && at < chunk.length) {
      const byte = chunk[at] ?? 0;
      if (byte !== BOM[seen]) {
        // No mark after all: what looked like its beginning belongs to the body.
        seen = BOM.length;
        const begun = Buffer.from(held);
        return [...(begun.length > 0 ? splitter.push(begun) : []), ...splitter.push(chunk.subarray(at))];
      }
      held.push(byte);
      seen += 1;
      at += 1;
    }
    return at < chunk.length ? splitter.push(at === 0 ? chunk : chunk.subarray(at)) : [];
  };
  const end = (): Buffer[] => {
    const isUnfinished = seen > 0 && seen < BOM.length;
    return [...(isUnfinished ? splitter.push(Buffer.from(held)) : []), ...splitter.end()];
  };
  return {
    get isOneValue() {
      return splitter.isOneValue;
    },
    push,
    end,
  };
}
