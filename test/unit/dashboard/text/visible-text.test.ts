import { expect } from 'chai';
import * as fc from 'fast-check';
import { visibleParts } from '../../../../dashboard/text/visible-text.ts';
import { runs } from '../../../support/events/property.ts';

const NUL = '\u0000';
const OVERRIDE = '\u202E';

describe('Text that somebody sent', () => {
  it('shows what cannot be seen by its code, and how often it stands there', () => {
    expect(visibleParts(`a${NUL.repeat(3)}b${OVERRIDE}`)).to.deep.equal([
      { text: 'a' },
      { code: 'U+0000', times: 3 },
      { text: 'b' },
      { code: 'U+202E', times: 1 },
    ]);
  });

  it('keeps lines, tabs, other scripts and joined emoji as they are', () => {
    const text = 'one\n\ttwo שלום 👨‍👩‍👧 <script>';
    expect(visibleParts(text)).to.deep.equal([{ text }]);
    expect(visibleParts('')).to.deep.equal([]);
  });

  it('loses nothing of any text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', NUL, OVERRIDE, '\uFEFF', '\u0085') });
    fc.assert(
      fc.property(text, (text) => {
        const parts = visibleParts(text).map((part) => ('text' in part ? part.text : hidden(part)));
        expect(parts.join('')).to.equal(text);
      }),
      runs(),
    );
  });
});

function hidden({ code, times }: { readonly code: string; readonly times: number }): string {
  return String.fromCharCode(Number.parseInt(code.slice(2), 16)).repeat(times);
}
