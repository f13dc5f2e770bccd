import { expect } from 'chai';
import { nearest } from '../../server/common/words.ts';

describe('the nearest name', () => {
  const known = ['events', 'users', 'rate', 'url'];

  it('is the one that was probably meant', () => {
    for (const [received, meant] of [
      ['event', 'events'],
      ['evnets', 'events'],
      ['Events', 'events'],
      ['uesrs', 'users'],
      ['urll', 'url'],
      ['rat', 'rate'],
    ] as const)
      expect(nearest(received, known), received).to.equal(meant);
  });

  it('is none when nothing is near', () => {
    for (const received of ['', 'zzzzzz', 'port', 'x'.repeat(1_000_000)])
      expect(nearest(received, known), received.slice(0, 9)).to.equal(undefined);
  });
});
