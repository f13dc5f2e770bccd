import { expect } from 'chai';
import { HOUR_MS } from '../../../bench/traffic/hour.ts';
import { compare, Ledger, type HourCounts } from '../../../bench/traffic/tally.ts';
import type { AnalyticsEvent } from '../../../bench/traffic/traffic.ts';

const HOUR = Date.UTC(2026, 4, 6, 13);

describe('tally', () => {
  it('expects each hour to report what was acknowledged for it', () => {
    const ledger = new Ledger();
    ledger.acknowledge(click(HOUR, 'ann'));
    ledger.acknowledge(impression(HOUR + 1, 'ann'));
    ledger.acknowledge(impression(HOUR + 2, 'bob'));
    expect(verdicts(ledger, counts(HOUR, 2, 1, 2))).to.deep.equal([[HOUR, true]]);
  });

  for (const [what, users, clicks, impressions] of [
    ['a lost click', 2, 0, 2],
    ['an impression counted twice', 2, 1, 3],
    ['a lost user', 1, 1, 2],
  ] as const) {
    it(`notices ${what}`, () => {
      const ledger = new Ledger();
      ledger.acknowledge(click(HOUR, 'ann'));
      ledger.acknowledge(impression(HOUR, 'ann'));
      ledger.acknowledge(impression(HOUR, 'bob'));
      expect(verdicts(ledger, counts(HOUR, users, clicks, impressions))).to.deep.equal([[HOUR, false]]);
    });
  }

  it('notices an hour that is not reported at all', () => {
    const ledger = new Ledger();
    ledger.acknowledge(click(HOUR, 'ann'));
    expect(verdicts(ledger)).to.deep.equal([[HOUR, false]]);
  });

  it('keeps the hours apart when the hour changes during the run', () => {
    const ledger = new Ledger();
    ledger.acknowledge(click(HOUR + HOUR_MS, 'ann'));
    ledger.acknowledge(click(HOUR + HOUR_MS - 1, 'ann'));
    const right = [counts(HOUR, 1, 1, 0), counts(HOUR + HOUR_MS, 1, 1, 0)];
    expect(verdicts(ledger, ...right)).to.deep.equal([
      [HOUR, true],
      [HOUR + HOUR_MS, true],
    ]);
    expect(verdicts(ledger, counts(HOUR, 1, 2, 0))).to.deep.equal([
      [HOUR, false],
      [HOUR + HOUR_MS, false],
    ]);
  });

  it('adds what the hour held before the run', () => {
    const ledger = new Ledger();
    ledger.acknowledge(click(HOUR, 'ann'));
    const expected = ledger.expected(new Map([counts(HOUR, 10, 20, 30), counts(HOUR + HOUR_MS, 1, 1, 1)]));
    expect([...expected.keys()]).to.deep.equal([HOUR]);
    const [tally] = compare(expected, new Map([counts(HOUR, 11, 21, 30)]));
    expect(tally?.holds).to.equal(true);
  });

  describe('with events of which nobody knows whether they were stored', () => {
    const ledger = new Ledger();
    ledger.acknowledge(click(HOUR, 'ann'));
    ledger.doubt(click(HOUR, 'ann'));
    ledger.doubt(click(HOUR, 'bob'));

    it('accepts any number of them', () => {
      expect(verdicts(ledger, counts(HOUR, 1, 1, 0))).to.deep.equal([[HOUR, true]]);
      expect(verdicts(ledger, counts(HOUR, 1, 2, 0))).to.deep.equal([[HOUR, true]]);
      expect(verdicts(ledger, counts(HOUR, 2, 3, 0))).to.deep.equal([[HOUR, true]]);
    });

    it('accepts neither fewer than were acknowledged nor more than were sent', () => {
      expect(verdicts(ledger, counts(HOUR, 1, 0, 0))).to.deep.equal([[HOUR, false]]);
      expect(verdicts(ledger, counts(HOUR, 2, 4, 0))).to.deep.equal([[HOUR, false]]);
      expect(verdicts(ledger, counts(HOUR, 3, 3, 0))).to.deep.equal([[HOUR, false]]);
    });

    it('does not expect a user twice who was acknowledged as well', () => {
      const bounds = ledger.expected(new Map()).get(HOUR);
      expect(bounds?.uniqueUsers).to.deep.equal({ atLeast: 1, atMost: 2 });
    });
  });
});

function verdicts(ledger: Ledger, ...reported: readonly (readonly [number, HourCounts])[]) {
  return compare(ledger.expected(new Map()), new Map(reported)).map(({ hourMs, holds }) => [hourMs, holds]);
}

function counts(hourMs: number, uniqueUsers: number, clicks: number, impressions: number) {
  return [hourMs, { uniqueUsers, clicks, impressions }] as const;
}

function click(timestampMs: number, user: string): AnalyticsEvent {
  return { timestampMs, user, kind: 'click' };
}

function impression(timestampMs: number, user: string): AnalyticsEvent {
  return { timestampMs, user, kind: 'impression' };
}
