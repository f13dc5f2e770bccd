import { expect } from 'chai';
import { backoffMs, pause } from '../../../server/common/retry.ts';

const BACKOFF = { firstMs: 100, maxMs: 5000 };
const ATTEMPTS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('backoffMs', () => {
  it('doubles from the first to the longest pause at the most', () => {
    expect(ATTEMPTS.map((attempt) => backoffMs(attempt, BACKOFF, () => 1))).to.deep.equal([
      100, 200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
  });

  it('is spread down to half of that', () => {
    expect(ATTEMPTS.map((attempt) => backoffMs(attempt, BACKOFF, () => 0))).to.deep.equal([
      50, 100, 200, 400, 800, 1600, 2500, 2500,
    ]);
    expect(backoffMs(1, BACKOFF, () => 0.5)).to.equal(75);
  });

  it('stays bounded after any number of failures', () => {
    for (const attempt of [31, 100, 10_000, Number.MAX_SAFE_INTEGER]) {
      expect(backoffMs(attempt, BACKOFF, () => 1)).to.equal(5000);
    }
  });
});

describe('pause', () => {
  it('ends at once and quietly when it is aborted, before or meanwhile', async () => {
    await pause(60_000, AbortSignal.abort());
    const stop = new AbortController();
    const paused = pause(60_000, stop.signal);
    stop.abort();
    await paused;
  });

  it('otherwise lasts as long as it was told', async () => {
    const started = performance.now();
    await pause(30, new AbortController().signal);
    // Node's timers have the resolution of a millisecond.
    expect(performance.now() - started).to.be.at.least(29);
  });
});
