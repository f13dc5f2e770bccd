import { expect } from 'chai';
import { Pace, type Lane } from '../../../server/shipping/lanes.ts';

describe('Pace', () => {
  let nowMs: number;
  let pace: Pace;

  beforeEach(() => {
    nowMs = 0;
    pace = new Pace(500, () => nowMs);
  });

  /** What is sent from now on for so long, by lanes that always have something. */
  function sent(ready: readonly Lane[], forMs: number): Lane[] {
    const lanes: Lane[] = [];
    for (const untilMs = nowMs + forMs; nowMs <= untilMs;) {
      const { lane, waitMs } = pace.next(ready);
      if (waitMs > 0) nowMs += waitMs;
      else {
        pace.take(lane, ready);
        lanes.push(lane);
      }
    }
    return lanes;
  }

  it('lets a burst of three go at once, and then two a second', () => {
    expect(sent(['fresh'], 10_000)).to.have.length(3 + 20);
  });

  it('is full again after a quiet second and a half', () => {
    sent(['fresh'], 0);
    nowMs += 1_500;
    expect(sent(['fresh'], 0)).to.have.length(3);
  });

  it('lets what is fresh go first, and every fourth be of the backlog', () => {
    expect(sent(['fresh', 'backlog'], 10_000).slice(0, 8).join(' ')).to.equal(
      'fresh fresh fresh backlog fresh fresh fresh backlog',
    );
  });

  it('keeps a token for what is fresh while the backlog goes on', () => {
    expect(sent(['backlog'], 10_000)).to.have.length(2 + 20);
    expect(pace.next(['fresh']).waitMs).to.equal(0);
  });
});
