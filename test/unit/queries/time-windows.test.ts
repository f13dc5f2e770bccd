import { expect } from 'chai';
import * as fc from 'fast-check';
import { timeWindows, type Order, type Span, type TimeRange } from '../../../server/queries/sql/time-windows.ts';

const HOUR_US = 3_600_000_000;
const order = fc.constantFrom<Order>('asc', 'desc');
const time = fc.integer({ min: 0, max: 10_000_000 });
const span = fc
  .tuple(time, time, fc.integer({ min: 1, max: 1_000_000 }))
  .map(([a, b, rows]): Span => ({ firstUs: Math.min(a, b), lastUs: Math.max(a, b), rows }));

describe('Time windows', () => {
  it('cover the range without gaps and overlaps, in the order of the page', () => {
    fc.assert(
      fc.property(time, time, order, fc.array(span, { maxLength: 8 }), (a, b, order, spans) => {
        const range = { fromUs: Math.min(a, b), toUs: Math.max(a, b) + 1 };
        const windows = timeWindows(range, order, spans);
        const ascending = order === 'asc' ? windows : windows.toReversed();
        expect(ascending.at(0)?.fromUs).to.equal(range.fromUs);
        expect(ascending.at(-1)?.toUs).to.equal(range.toUs);
        for (const [index, { fromUs, toUs }] of ascending.entries()) {
          expect(toUs).to.be.greaterThan(fromUs);
          if (index > 0) expect(fromUs).to.equal(ascending[index - 1]?.toUs);
        }
      }),
    );
  });

  it('are few: each holds 16 times as many rows as the one before', () => {
    const day = { firstUs: 0, lastUs: 24 * HOUR_US - 1, rows: 10_000_000 };
    const range = { fromUs: 0, toUs: 1000 * HOUR_US };
    const rows = (window: TimeRange) =>
      Math.round(((Math.min(window.toUs, day.lastUs + 1) - window.fromUs) / (24 * HOUR_US)) * day.rows);
    expect(timeWindows(range, 'asc', [day]).map(rows)).to.deep.equal([500, 8000, 128_000, 2_048_000, 7_815_500]);
  });

  it('begin at the newest rows when those are asked for', () => {
    const months = [0, 1, 2].map((n) => ({
      firstUs: n * HOUR_US,
      lastUs: (n + 1) * HOUR_US - 1,
      rows: 5000,
    }));
    const [first, second, ...rest] = timeWindows({ fromUs: 0, toUs: 100 * HOUR_US }, 'desc', months);
    expect(first).to.deep.equal({ fromUs: 3 * HOUR_US - HOUR_US / 10, toUs: 100 * HOUR_US });
    expect(second?.fromUs).to.be.within(HOUR_US, 2 * HOUR_US);
    expect(rest).to.have.length(1);
  });

  it('are one when nothing is known to be there', () => {
    expect(timeWindows({ fromUs: 5, toUs: 9 }, 'desc', [])).to.deep.equal([{ fromUs: 5, toUs: 9 }]);
    const elsewhere = { firstUs: 100, lastUs: 200, rows: 1_000_000 };
    expect(timeWindows({ fromUs: 5, toUs: 9 }, 'asc', [elsewhere])).to.deep.equal([{ fromUs: 5, toUs: 9 }]);
  });
});
