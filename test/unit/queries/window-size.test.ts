import { expect } from 'chai';
import { WindowSize } from '../../../server/queries/export/window-size.ts';

const MIB = 2 ** 20;

/** Reads windows of so many bytes a row, and returns the rows of each. */
function rowsOfWindows(size: WindowSize, bytesOfRow: number, count: number): number[] {
  return Array.from({ length: count }, () => {
    const { rows } = size;
    size.wasRead(rows, rows * bytesOfRow);
    return rows;
  });
}

describe('the size of an export’s windows', () => {
  it('begins small, grows by eight times at most, and stays at what was asked for', () => {
    expect(rowsOfWindows(new WindowSize(24 * MIB), 400, 5)).to.deep.equal([5_000, 40_000, 62_914, 62_914, 62_914]);
  });

  it('is learned from the rows of the window that was read, whatever is wanted by then', () => {
    const size = new WindowSize(24 * MIB);
    size.wasRead(5_000, 2 * MIB);
    expect(size.rows).to.equal(40_000);
    // Cut before the one above was read.
    size.wasRead(5_000, 2 * MIB);
    expect(size.rows).to.equal(40_000);
  });

  it('has a limit of rows, however small they are', () => {
    expect(rowsOfWindows(new WindowSize(24 * MIB), 1, 9).at(-1)).to.equal(2_000_000);
  });

  it('grows again behind a place that was too dense', () => {
    const size = new WindowSize(24 * MIB);
    size.wasRead(50_000, 20 * MIB);
    for (let rows = 50_000; rows > 4; rows /= 2) size.wasRefused(rows);
    expect(size.rows).to.be.lessThan(5);
    expect(rowsOfWindows(size, 400, 200).at(-1)).to.equal(62_914);
  });

  it('is at least one row, however large that is', () => {
    const size = new WindowSize(24 * MIB);
    size.wasRead(1, 90 * MIB);
    expect(size.rows).to.equal(1);
    size.wasRefused(1);
    expect(size.rows).to.equal(1);
  });

  it('grows again after a stretch without a row', () => {
    const size = new WindowSize(24 * MIB);
    size.wasRead(0, 0);
    expect(size.rows).to.equal(1);
    size.wasRead(1, 400);
    expect(size.rows).to.equal(40_000);
  });

  it('does not soon come back to what was refused', () => {
    const size = new WindowSize(24 * MIB);
    size.wasRefused(40_000);
    expect(Math.max(...rowsOfWindows(size, 1, 5))).to.be.at.most(20_000);
  });
});
