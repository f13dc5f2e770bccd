import { expect } from 'chai';
import { timeOf } from '../../../../dashboard/views/retention/cohort-time.ts';

const cohort = { start: '2026-11-02T00:00:00.000000Z', size: 4, returned: [4, 2, 1] };
const at = (text: string) => timeOf(cohort, { interval: 'week', zone: 'UTC', nowMs: Date.parse(text) });

describe('The time of a cohort', () => {
  it('has an interval that goes on until that ends', () => {
    expect(at('2026-11-02T00:01Z')).to.deep.equal({ seen: 1, unfinished: 0 });
    expect(at('2026-11-12T00:00Z')).to.deep.equal({ seen: 2, unfinished: 1 });
    expect(at('2026-11-23T00:00Z')).to.deep.equal({ seen: 3, unfinished: 2 });
  });

  it('is over once its last interval has ended', () => {
    expect(at('2026-11-23T00:01Z')).to.deep.equal({ seen: 3, unfinished: undefined });
    expect(at('2027-05-01T00:00Z')).to.deep.equal({ seen: 3, unfinished: undefined });
  });
});
