import { expect } from 'chai';
import { DrainRate } from '../../../server/journal/drain-rate.ts';

function drain() {
  let now = 0;
  const rate = new DrainRate(() => now);
  return { rate, wait: (ms: number) => (now += ms) };
}

describe('The drain rate', () => {
  it('says how long something takes at the rate of the last half minute', () => {
    const { rate, wait } = drain();
    for (let i = 0; i < 100; i += 1) {
      rate.add(50);
      wait(500);
    }
    expect(rate.secondsFor(1)).to.equal(1);
    expect(rate.secondsFor(1000)).to.equal(10);
    expect(rate.secondsFor(1e9)).to.equal(60);
  });

  it('follows when it drains faster or slower', () => {
    const { rate, wait } = drain();
    const forSeconds = (seconds: number, amount: number) => {
      for (let i = 0; i < seconds; i += 1) {
        rate.add(amount);
        wait(1000);
      }
    };
    forSeconds(60, 1000);
    expect(rate.secondsFor(10_000)).to.equal(10);
    forSeconds(30, 100);
    expect(rate.secondsFor(1000)).to.be.within(9, 11);
    forSeconds(30, 10_000);
    expect(rate.secondsFor(100_000)).to.be.within(9, 11);
  });

  it('expects nothing soon while nothing drains', () => {
    const { rate, wait } = drain();
    expect(rate.secondsFor(1)).to.equal(60);
    rate.add(1000);
    wait(29_000);
    expect(rate.secondsFor(1000)).to.equal(29);
    wait(1000);
    expect(rate.secondsFor(1)).to.equal(60);
  });
});
