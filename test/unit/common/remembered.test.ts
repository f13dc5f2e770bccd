import { expect } from 'chai';
import { remembered } from '../../../server/common/remembered.ts';

describe('What is remembered for a second', () => {
  it('is looked up once however many ask, and again after that second', async () => {
    let nowMs = 0;
    let looks = 0;
    const look = remembered(
      1_000,
      () => nowMs,
      async () => (looks += 1),
    );
    expect(await Promise.all([look(), look(), look()])).to.deep.equal([1, 1, 1]);
    nowMs = 999;
    expect(await look()).to.equal(1);
    nowMs = 1_000;
    expect(await look()).to.equal(2);
  });

  it('is no failure', async () => {
    let looks = 0;
    const look = remembered(
      1_000,
      () => 0,
      async () => {
        looks += 1;
        if (looks === 1) throw new Error('no');
        return looks;
      },
    );
    expect(await look().catch(() => 'failed')).to.equal('failed');
    expect(await look()).to.equal(2);
  });
});
