import * as fc from 'fast-check';
import { expect } from 'chai';
import { cellsOf } from '../../../server/cli/import/csv-records.ts';

describe('cellsOf', () => {
  it('reads what RFC 4180 says', () => {
    expect(cellsOf('a,"b","c,""d""\ne",')).to.deep.equal(['a', 'b', 'c,"d"\ne', '']);
    expect(cellsOf('""')).to.deep.equal(['']);
    expect(cellsOf('"a"b')).to.equal(undefined);
    expect(cellsOf('a"b')).to.equal(undefined);
    expect(cellsOf('"a')).to.equal(undefined);
  });

  it('reads any cells that are written as it says', () => {
    const cells = fc.array(fc.string(), { minLength: 1 });
    fc.assert(
      fc.property(cells, (written) => {
        const record = written.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
        expect(cellsOf(record)).to.deep.equal(written);
      }),
    );
  });

  it('takes no longer for a cell of a million quotes', () => {
    expect(cellsOf(`"${'""'.repeat(500_000)}"`)?.[0]).to.have.length(500_000);
    expect(cellsOf('"'.repeat(1_000_001))).to.equal(undefined);
  });
});
