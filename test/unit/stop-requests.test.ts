import { expect } from 'chai';
import { StopRequests } from '../../server/stop-requests.ts';

/** What signals at these times ask for. */
function steps(...timesMs: number[]): string[] {
  const left = [...timesMs];
  const requests = new StopRequests(() => left[0] ?? 0);
  return timesMs.map(() => {
    const step = requests.next();
    left.shift();
    return step;
  });
}

describe('StopRequests', () => {
  it('takes one or two signals within a second for one request to stop', () => {
    expect(steps(5_000)).to.deep.equal(['stop']);
    expect(steps(5_000, 5_000)).to.deep.equal(['stop', 'nothing more']);
    expect(steps(5_000, 6_000)).to.deep.equal(['stop', 'nothing more']);
  });

  it('takes a third, and one after the second, for impatience', () => {
    expect(steps(5_000, 5_001, 5_002)).to.deep.equal(['stop', 'nothing more', 'end at once']);
    expect(steps(5_000, 6_001)).to.deep.equal(['stop', 'end at once']);
  });
});
