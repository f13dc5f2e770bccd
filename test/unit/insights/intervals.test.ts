import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  beginningOfLast,
  beginningsBetween,
  INTERVALS,
  type Interval,
} from '../../../server/queries/insights/intervals.ts';
import { parseTimeZone } from '../../../server/queries/insights/zone-clock.ts';
import { runs } from '../../support/events/property.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function between(zone: string, interval: Interval, from: string, to: string): string[] {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  return beginningsBetween(parseTimeZone(zone), interval, fromMs, toMs, 1000).map((ms) =>
    new Date(ms).toISOString().replace(':00.000Z', 'Z'),
  );
}

/** What the clocks of a zone show, another way: `2024-05-17 10:00:00`. */
function shown(zone: string, ms: number): string {
  return new Date(ms).toLocaleString('sv-SE', { timeZone: zone });
}

describe('intervals', () => {
  it('hold both ends of a range, and no more', () => {
    expect(between('UTC', 'hour', '2024-05-17T10:30Z', '2024-05-17T12:00Z')).to.deep.equal([
      '2024-05-17T10:00Z',
      '2024-05-17T11:00Z',
    ]);
    expect(between('UTC', 'day', '2024-05-17T00:00Z', '2024-05-17T00:00Z')).to.deep.equal([]);
    expect(between('UTC', 'week', '2024-05-17T00:00Z', '2024-05-20T00:00:01Z')).to.deep.equal([
      '2024-05-13T00:00Z',
      '2024-05-20T00:00Z',
    ]);
    expect(between('UTC', 'month', '2024-01-31T00:00Z', '2024-03-01T00:00:01Z')).to.have.length(3);
    expect(between('UTC', 'minute', '2024-01-31T00:00Z', '2024-01-31T00:02Z')).to.have.length(2);
    expect(between('UTC', 'day', '1970-01-01T00:00Z', '2099-01-01T00:00Z')).to.have.length(1001);
  });

  it('are days of 23 and 25 hours where clocks are set', () => {
    const spring = ['2024-03-29T23:00Z', '2024-03-30T23:00Z', '2024-03-31T22:00Z'];
    expect(between('Europe/Berlin', 'day', '2024-03-30T12:00Z', '2024-04-01T12:00Z')).to.deep.equal(spring);
    const autumn = ['2024-11-02T04:00Z', '2024-11-03T04:00Z', '2024-11-04T05:00Z'];
    expect(between('America/New_York', 'day', '2024-11-02T12:00Z', '2024-11-04T12:00Z')).to.deep.equal(autumn);
    expect(between('Asia/Kolkata', 'day', '2024-05-17T12:00Z', '2024-05-18T12:00Z')).to.deep.equal([
      '2024-05-16T18:30Z',
      '2024-05-17T18:30Z',
    ]);
    expect(between('Australia/Lord_Howe', 'day', '2024-10-05T15:00Z', '2024-10-07T15:00Z')).to.deep.equal([
      '2024-10-05T13:30Z',
      '2024-10-06T13:00Z',
      '2024-10-07T13:00Z',
    ]);
    expect(between('Europe/Berlin', 'month', '2024-03-15T00:00Z', '2024-04-15T00:00Z')).to.deep.equal([
      '2024-02-29T23:00Z',
      '2024-03-31T22:00Z',
    ]);
  });

  it('are two hours where the clocks show one twice, and none where they leave one out', () => {
    expect(between('Europe/Berlin', 'hour', '2024-10-26T23:30Z', '2024-10-27T02:30Z')).to.deep.equal([
      '2024-10-26T23:00Z',
      '2024-10-27T00:00Z',
      '2024-10-27T01:00Z',
      '2024-10-27T02:00Z',
    ]);
    // From 02:00 to 02:30, and back from 02:00 to 01:30.
    expect(between('Australia/Lord_Howe', 'hour', '2024-10-05T14:30Z', '2024-10-05T17:00Z')).to.deep.equal([
      '2024-10-05T14:30Z',
      '2024-10-05T15:30Z',
      '2024-10-05T16:00Z',
    ]);
    expect(between('Australia/Lord_Howe', 'hour', '2024-04-06T14:00Z', '2024-04-06T17:00Z')).to.deep.equal([
      '2024-04-06T14:00Z',
      '2024-04-06T15:30Z',
      '2024-04-06T16:30Z',
    ]);
  });

  it('follow the history of a zone', () => {
    // No 30 December; midnight left out; 44 minutes and 30 seconds behind.
    expect(between('Pacific/Apia', 'day', '2011-12-29T12:00Z', '2012-01-01T00:00Z')).to.deep.equal([
      '2011-12-29T10:00Z',
      '2011-12-30T10:00Z',
      '2011-12-31T10:00Z',
    ]);
    expect(between('America/Sao_Paulo', 'day', '2017-10-14T12:00Z', '2017-10-16T12:00Z')).to.deep.equal([
      '2017-10-14T03:00Z',
      '2017-10-15T03:00Z',
      '2017-10-16T02:00Z',
    ]);
    expect(between('Africa/Monrovia', 'hour', '1971-06-01T00:00Z', '1971-06-01T01:00Z')).to.deep.equal([
      '1971-05-31T23:44:30.000Z',
      '1971-06-01T00:44:30.000Z',
    ]);
  });

  it('begin where the clocks say so, in every zone, without a gap', function () {
    this.timeout(60_000);
    const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...INTERVALS),
        fc.integer({ min: 0, max: Date.UTC(2035, 0, 1) }),
        (zone, interval, fromMs) => {
          const step = { minute: HOUR_MS, hour: 4 * DAY_MS, day: 40 * DAY_MS, week: 90 * DAY_MS, month: 400 * DAY_MS };
          const toMs = fromMs + step[interval];
          const found = beginningsBetween(parseTimeZone(zone), interval, fromMs, toMs, 1000);
          expect(found[0]).to.be.at.most(fromMs);
          if (found.length > 1) expect(found[1]).to.be.greaterThan(fromMs);
          for (const [index, ms] of found.entries()) {
            if (index > 0) expect(ms).to.be.greaterThan(found[index - 1] ?? 0);
            expectBeginning(zone, interval, ms);
          }
          // What is between two of them begins nothing.
          const places = found.slice(1).map((endMs, index) => ((found[index] ?? 0) + endMs) / 2);
          if (interval === 'day')
            for (const [index, ms] of places.entries())
              expect(shown(zone, ms).slice(0, 10) >= shown(zone, found[index] ?? 0).slice(0, 10)).to.equal(true);
        },
      ),
      runs(300),
    );
  });

  it('are counted back from a time', () => {
    const clock = parseTimeZone('Europe/Berlin');
    for (const interval of ['day', 'week', 'month'] as const) {
      const toMs = Date.UTC(2024, 4, 17, 10);
      const fromMs = beginningOfLast(clock, interval, toMs, 30);
      const found = beginningsBetween(clock, interval, fromMs, toMs, 1000);
      expect(found).to.have.length(30);
      expect(found[0]).to.equal(fromMs);
    }
  });

  it('are of zones that there are', () => {
    for (const name of ['Mars/Olympus', '+05:30', '', 'Europe/Berlin\n', 'x'.repeat(500)])
      expect(() => parseTimeZone(name)).to.throw(/timezone: received .* expected the name of a time zone/);
  });
});

/** Just before it the clocks showed another one, or were set. */
function expectBeginning(zone: string, interval: Interval, ms: number): void {
  const [before, at] = [shown(zone, ms - 1000), shown(zone, ms)];
  const isSet = Date.parse(`${at}Z`) - Date.parse(`${before}Z`) !== 1000;
  const words = `${zone} ${interval} ${new Date(ms).toISOString()}: ${before} → ${at}`;
  if (interval === 'minute' || interval === 'hour') {
    const isFull = at.endsWith(interval === 'hour' ? ':00:00' : ':00');
    expect(isFull || isSet, words).to.equal(true);
    return;
  }
  expect(at.slice(0, 10), words).not.to.equal(before.slice(0, 10));
  if (!isSet) expect(at.slice(11), words).to.equal('00:00:00');
  if (interval === 'month') expect(at.slice(0, 7), words).not.to.equal(before.slice(0, 7));
  const isMonday = new Date(`${at.slice(0, 10)}T00:00:00Z`).getUTCDay() === 1;
  if (interval === 'week') expect(isMonday || isSet, words).to.equal(true);
}
