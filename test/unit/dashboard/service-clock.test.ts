import { expect } from 'chai';
import { createServiceClock } from '../../../dashboard/api/service-clock.ts';

const SECOND_MS = 1_000;
const START_MS = Date.parse('2026-11-21T12:00Z');

/** What the clock shows more than the reader's after answers that took so long, each with a time after that of its end. */
function offsetAfter(answers: readonly { readonly tookMs: number; readonly dateAfterMs: number }[]): number {
  let readerMs = START_MS;
  const clock = createServiceClock(() => readerMs);
  for (const { tookMs, dateAfterMs } of answers) {
    const askedMs = readerMs;
    readerMs += tookMs;
    clock.learn(new Date(readerMs + dateAfterMs).toUTCString(), askedMs);
  }
  return clock.nowMs() - readerMs;
}

describe('The clock of the service', () => {
  it('is that of the reader when both are close, and another when they are not', () => {
    expect(offsetAfter([{ tookMs: 0, dateAfterMs: -SECOND_MS }])).to.equal(0);
    expect(offsetAfter([{ tookMs: 0, dateAfterMs: -600 * SECOND_MS }])).to.equal(-600 * SECOND_MS);
  });

  it('is not shifted by an answer that took long, and stays as it is where that is close enough', () => {
    expect(offsetAfter([{ tookMs: 18 * SECOND_MS, dateAfterMs: 0 }])).to.equal(0);
    const slow = { tookMs: 18 * SECOND_MS, dateAfterMs: 600 * SECOND_MS };
    expect(offsetAfter([{ tookMs: 0, dateAfterMs: 600 * SECOND_MS }, slow])).to.equal(600 * SECOND_MS);
    const fast = { tookMs: 0, dateAfterMs: 600 * SECOND_MS };
    expect(offsetAfter([slow, fast]), 'one that took less says more').to.equal(600 * SECOND_MS);
  });

  it('follows that of the reader when it is put right', () => {
    const answers = [3_600 * SECOND_MS, 0].map((dateAfterMs) => ({ tookMs: 0, dateAfterMs }));
    expect(offsetAfter(answers)).to.equal(0);
  });
});
