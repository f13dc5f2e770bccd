import { expect } from 'chai';
import * as fc from 'fast-check';
import { JsonSplitter } from '../../../server/events/json/json-splitter.ts';
import { LineSplitter } from '../../../server/events/json/line-splitter.ts';
import { MalformedBody, withoutByteOrderMark, type Splitter } from '../../../server/events/json/splitter.ts';
import { chunked, jsonValueText } from '../../support/events/json-text.ts';
import { runs } from '../../support/events/property.ts';

/** The texts that a splitter makes of a body. */
function split(splitter: Splitter, chunks: readonly Buffer[]): string[] {
  const texts = chunks.flatMap((chunk) => splitter.push(chunk));
  return [...texts, ...splitter.end()].map(String);
}

function splitJson(text: string): string[] {
  return split(new JsonSplitter(), [Buffer.from(text)]);
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

describe('JsonSplitter', () => {
  it('gives the exact texts of the elements of an array, however the body is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, jsonValueText, space)), cuts, (items, cuts) => {
        const body = Buffer.from(` [${items.map((item) => item.join('')).join(',')}]\n`);
        const expected = items.map(([, text]) => text);
        expect(split(new JsonSplitter(), chunked(body, cuts))).to.deep.equal(expected);
        const bytes = Array.from(body, (byte) => Buffer.of(byte));
        expect(split(new JsonSplitter(), bytes)).to.deep.equal(expected);
      }),
      runs(),
    );
  });

  it('takes exactly the objects and arrays that JSON.parse takes, together with JSON.parse of each text', () => {
    const soup = fc.array(fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '"a"', '1', ' ', 'tru', 'null'));
    const noise = fc.tuple(jsonValueText, fc.nat(), soup).map(([text, at, junk]) => {
      const place = at % (text.length + 1);
      // Through bytes, because half a character is none in UTF-8.
      return Buffer.from(text.slice(0, place) + junk.join('') + text.slice(place)).toString();
    });
    fc.assert(
      fc.property(
        fc.oneof(
          jsonValueText,
          soup.map((each) => each.join('')),
          noise,
        ),
        (text) => {
          const parsed = attempt(() => JSON.parse(text) as unknown);
          const pieces = attempt(() => splitJson(text).map((piece) => JSON.parse(piece) as unknown));
          const isBlank = text.trim() === '';
          if (isBlank) expect(pieces).to.deep.equal({ value: [] });
          else if ('value' in parsed && typeof parsed.value === 'object' && parsed.value !== null) {
            const expected = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
            expect(pieces).to.deep.equal({ value: expected });
          } else expect(pieces).to.have.property('error');
        },
      ),
      runs(1000),
    );
  });

  it('says what it received and what it expected', () => {
    const cases: readonly [string, string][] = [
      ['5', 'received "5", expected a JSON object or an array of objects'],
      ['{}{}', 'received "{", expected nothing after the JSON value'],
      ['[{}{}]', 'received "{", expected a comma or the end of the array'],
      ['[,]', 'received ",", expected an event'],
      ['[{}', 'received a JSON array without its end'],
      ['{"a":"}', 'received a JSON object without its end'],
      ['[{}]\u0000', 'received byte 0, expected nothing'],
    ];
    for (const [text, message] of cases) expect(() => splitJson(text)).to.throw(MalformedBody, message);
  });

  it('needs no stack for millions of brackets', () => {
    const depth = 1_000_000;
    const text = '['.repeat(depth) + ']'.repeat(depth);
    expect(splitJson(text)).to.deep.equal([text.slice(1, -1)]);
  });
});

describe('LineSplitter', () => {
  it('gives each line without its end, and no blank lines, however the body is cut', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, '_'));
    const ending = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ending)), line, cuts, (lines, last, cuts) => {
        const body = Buffer.from(lines.map((each) => each.join('')).join('') + last);
        const expected = [...lines.map(([text]) => text), last].filter((text) => !/^[ \t]*$/.test(text));
        expect(split(new LineSplitter(), chunked(body, cuts))).to.deep.equal(expected);
      }),
      runs(),
    );
  });

  it('keeps no memory of a sender of single bytes but the bytes', () => {
    const splitter = new LineSplitter();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1_000_000; i += 1) splitter.push(Buffer.from('x'));
    expect(process.memoryUsage().rss - before).to.be.below(100 * 1024 * 1024);
    expect(splitter.end()[0]).to.have.length(1_000_000);
  });
});

describe('withoutByteOrderMark', () => {
  const mark = Buffer.from('\ufeff');

  it('leaves out one mark at the very beginning, however it is cut', () => {
    fc.assert(
      fc.property(fc.constantFrom('a', '', '\ufeff', 'é\n\ufeffb', '\u{fefa}'), cuts, (text, cuts) => {
        const body = Buffer.concat([mark, Buffer.from(text)]);
        const expected = text.split('\n').filter((line) => line !== '');
        expect(split(withoutByteOrderMark(new LineSplitter()), chunked(body, cuts))).to.deep.equal(expected);
      }),
      runs(),
    );
  });

  it('changes nothing about a body without one, also when it begins like one', () => {
    for (const bytes of [[0xef], [0xef, 0xbb], [0xef, 0xbb, 0xbe, 0x61], [0x61, 0xef, 0xbb, 0xbf], []]) {
      const chunks = bytes.map((byte) => Buffer.of(byte));
      const splitter = withoutByteOrderMark(new LineSplitter());
      const texts = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
      expect(Buffer.concat(texts)).to.deep.equal(Buffer.from(bytes));
    }
  });
});

function attempt<T>(what: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: what() };
  } catch (error) {
    return { error };
  }
}
