import { expect } from 'chai';
import { backoffMs } from '../../../dashboard/api/backoff.ts';

const latest = () => 1;
const soonest = () => 0;

describe('The wait of the dashboard before it tries again', () => {
  it('doubles with each failure, up to half a minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => backoffMs(failures, { random: latest }));
    expect(waits).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is spread over its later half', () => {
    expect(backoffMs(3, { random: soonest })).to.equal(2_000);
  });

  it('is not shorter than the service asks for, and has its limit all the same', () => {
    expect(backoffMs(1, { random: soonest, atLeastMs: 5_000 })).to.equal(5_000);
    expect(backoffMs(1, { random: latest, atLeastMs: 3_600_000 })).to.equal(30_000);
  });
});
