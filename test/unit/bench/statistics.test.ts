import { expect } from 'chai';
import { summarize, type CostedMeasurement } from '../../../bench/rounds.ts';
import { median, slope } from '../../../bench/measure/statistics.ts';

describe('the median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).to.equal(5);
    expect(median([10, 9, 1, 2])).to.equal(5.5);
  });
});

describe('the slope', () => {
  it('is the growth for each step', () => {
    expect(slope([1, 2, 3].map((x) => ({ x, y: 2 * x + 7 })))).to.be.closeTo(2, 1e-9);
    expect(slope([1, 2, 3].map((x) => ({ x, y: 7 })))).to.equal(0);
  });

  it('is 0 when there is nothing to tell it from', () => {
    expect(slope([])).to.equal(0);
    expect(slope([{ x: 1, y: 1 }])).to.equal(0);
  });
});

describe('a benchmark row', () => {
  it('is compared with the reference round by round, not median by median', () => {
    const row = summarize('x', [rate(50), rate(900), rate(30)], [rate(100), rate(1000), rate(30)]);
    expect(row).to.include({ ratePerS: 50, ratio: 0.9 });
  });

  it('says what an event costs, of the process that answers and of all', () => {
    const row = summarize('x', [rate(50), rate(900)], [rate(1), rate(1)]);
    expect(row.ownUs).to.be.closeTo(0.5, 1e-9);
    expect(row.allUs).to.be.closeTo(5.5, 1e-9);
  });

  it('counts every failure of every round', () => {
    const rounds = [rate(1), { ...rate(1), errors: 2 }, { ...rate(1), non2xx: 3 }];
    expect(summarize('x', rounds, rounds)).to.include({ errors: 2, non2xx: 3 });
  });
});

function rate(ratePerS: number): CostedMeasurement {
  return { ratePerS, seconds: 2, p50Ms: 1, p99Ms: 2, non2xx: 0, errors: 0, cpuS: [ratePerS / 1e6, ratePerS / 1e5] };
}
