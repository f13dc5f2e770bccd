import * as fc from 'fast-check';

/** Bytes that mean something to parsers of HTTP, URLs, JSON or SQL. */
// prettier-ignore
const TOKENS: readonly string[] = [
  '\r\n', '\n', '\r', '\r\n\r\n', '\0', '\xff', '\xc0\x80', '\xed\xa0\x80', ' ', '\t', ':', ';', ',', '=', '&', '?', '#',
  '%', '%00', '%ff', '%2e%2e%2f', '//', '/../', '*', 'http://x/', '"', "'", '\\', '{', '}', '[', ']', '[[[[[[[[',
  'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n',
  'Expect: 100-continue\r\n', 'Host: localhost\r\n', 'ffffffffffffffff', '-1', '18446744073709551616', '1e309', 'null',
];

/** Where a text is changed, and with what. */
interface Place {
  readonly head: string;
  /** Up to `MAX_PIECE` bytes. */
  readonly piece: string;
  readonly tail: string;
  readonly byte: number;
  readonly token: string;
}

const CHANGES: readonly ((place: Place) => string)[] = [
  ({ head, piece, tail, byte }) =>
    head + String.fromCharCode(piece.charCodeAt(0) ^ (1 << (byte % 8))) + piece.slice(1) + tail,
  ({ head, piece, tail, byte }) => head + String.fromCharCode(byte) + piece + tail,
  ({ head, tail }) => head + tail,
  ({ head, piece, tail, byte }) => head + piece.repeat(2 + (byte % 8)) + tail,
  ({ head }) => head,
  ({ head, piece, tail, token }) => head + token + piece + tail,
  ({ head, tail, token }) => head + token + tail,
];

/** Most pieces are small. */
const MAX_PIECE = 64;

const part = fc.nat(1_000_000).map((n) => n / 1_000_000);

const change = fc.record({
  apply: fc.constantFrom(...CHANGES),
  at: part,
  size: part,
  byte: fc.nat(255),
  token: fc.constantFrom(...TOKENS),
});

/** A text (latin1, so one character a byte) with one to four changes. */
export function mutatedText(text: string): fc.Arbitrary<string> {
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) =>
    changes.reduce((changed, { apply, at, size, byte, token }) => {
      const start = Math.floor(at * changed.length);
      const end = start + 1 + Math.floor(size * size * MAX_PIECE);
      const [head, piece, tail] = [changed.slice(0, start), changed.slice(start, end), changed.slice(end)];
      return apply({ head, piece, tail, byte, token });
    }, text),
  );
}
