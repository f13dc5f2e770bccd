import { expect } from 'chai';
import { beforePer, customBounds, inputValue, readRange, type RangeState } from '../../../dashboard/state/range.ts';
import type { Unit } from '../../../dashboard/text/zoned.ts';

const NOTHING = { range: '', from: '', to: '' };
const NOON = Date.parse('2026-11-21T12:00Z');
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BERLIN = 'Europe/Berlin';
const fromOf = (range: string) => iso(readRange({ ...NOTHING, range }, NOON, BERLIN).bounds.fromMs);

/** What a custom range is compared with. */
function before(from: string, to: string): string[] {
  const { fromMs, toMs } = readRange({ range: '', from, to }, NOON, 'UTC').bounds.before;
  return [iso(fromMs), iso(toMs)];
}

/** What a range is compared with where it is cut into such intervals. */
function beforeBy(interval: Unit, link: Partial<RangeState>): string[] {
  const { fromMs, toMs } = beforePer(interval, readRange({ ...NOTHING, ...link }, NOON, 'UTC').bounds, 'UTC');
  return [iso(fromMs), iso(toMs)];
}

describe('The range of a question', () => {
  it('is the usual one of the view unless the link says otherwise, with the unit that it is', () => {
    const { bounds, preset, problem } = readRange(NOTHING, NOON + 60_000, 'UTC');
    expect({ preset, problem }).to.deep.equal({ preset: '24h', problem: undefined });
    expect(iso(bounds.fromMs)).to.equal('2026-11-20T13:00');
    expect(bounds).to.include({ interval: 'hour', isOpen: true });
    expect(readRange(NOTHING, NOON, 'UTC', '31d').bounds.interval).to.equal('day');
  });

  it('begins with whole days, weeks and months of the zone', () => {
    expect(fromOf('7d')).to.equal('2026-11-14T23:00');
    expect(fromOf('31d')).to.equal('2026-10-21T22:00');
    expect(fromOf('week')).to.equal('2026-11-15T23:00');
    expect(fromOf('month')).to.equal('2026-10-31T23:00');
    expect(fromOf('12m')).to.equal('2025-11-30T23:00');
  });

  it('is compared with as much of the period before', () => {
    const { before } = readRange({ ...NOTHING, range: 'month' }, NOON, BERLIN).bounds;
    expect([iso(before.fromMs), iso(before.toMs)]).to.deep.equal(['2026-09-30T22:00', '2026-10-21T11:00']);
    const custom = readRange({ range: '', from: '2026-03-02T00:00', to: '2026-03-04T00:00' }, NOON, 'UTC').bounds;
    expect(iso(custom.before.fromMs)).to.equal('2026-02-28T00:00');
    const beforeOn = (day: string) => {
      const month = readRange({ ...NOTHING, range: 'month' }, Date.parse(`2026-03-${day}T12:00Z`), 'UTC').bounds;
      return iso(month.before.toMs);
    };
    expect(beforeOn('28')).to.equal('2026-02-28T12:00');
    expect(beforeOn('29'), 'of a shorter month, all of it').to.equal('2026-03-01T00:00');
    expect(beforeOn('31')).to.equal('2026-03-01T00:00');
  });

  it('may be from one time to another, by the clocks of the zone, and is cut to fit', () => {
    const read = (from: string, to: string) => readRange({ range: '', from, to }, NOON, BERLIN);
    const { bounds, preset } = read('2024-02-29T23:00', '2024-03-01T01:00');
    expect(preset).to.equal(undefined);
    expect([iso(bounds.fromMs), iso(bounds.toMs)]).to.deep.equal(['2024-02-29T22:00', '2024-03-01T00:00']);
    expect(bounds).to.include({ interval: 'minute', isOpen: false });
    expect(iso(read('2024-02-29T23:00Z', '2024-03-01T01:00').bounds.fromMs)).to.equal('2024-02-29T23:00');
    expect(read('2024-01-01T00:00', '2024-02-01T00:00').bounds.interval).to.equal('day');
    expect(read('2022-01-01T00:00', '2024-02-01T00:00').bounds.interval).to.equal('month');
    expect(inputValue(bounds.fromMs, BERLIN)).to.equal('2024-02-29T23:00');
  });

  it('goes on until now where it ends later, and is compared with as much of the period before', () => {
    const today = readRange({ range: '', from: '2026-11-21T00:00', to: '2026-11-22T00:00' }, NOON, 'UTC').bounds;
    expect([iso(today.fromMs), iso(today.toMs)]).to.deep.equal(['2026-11-21T00:00', '2026-11-21T12:00']);
    expect(today).to.include({ interval: 'hour', isOpen: true });
    expect([iso(today.before.fromMs), iso(today.before.toMs)]).to.deep.equal(['2026-11-20T00:00', '2026-11-20T12:00']);
    // Whose clocks were set back since.
    const autumn = { range: '', from: '2026-10-20T00:00', to: '2026-11-30T00:00' };
    const { before } = readRange(autumn, Date.parse('2026-11-28T15:01+01:00'), BERLIN).bounds;
    expect(inputValue(before.fromMs, BERLIN)).to.equal('2026-09-09T00:00');
    expect(inputValue(before.toMs, BERLIN)).to.equal('2026-10-18T15:01');
    const later = readRange({ range: '', from: '2026-11-22T00:00', to: '2026-11-23T00:00' }, NOON, 'UTC').bounds;
    expect(later).to.include({ isOpen: false });
  });

  it('goes on until a minute after its end, so that what comes late is counted', () => {
    const end = { range: '', from: '2026-11-21T00:00', to: '2026-11-21T12:00' };
    const whole = { fromMs: NOON - 12 * HOUR_MS, toMs: NOON };
    const minutesAfter = (minutes: number) => readRange(end, NOON + minutes * MINUTE_MS, 'UTC').bounds;
    expect(minutesAfter(-1)).to.deep.include({ isOpen: true, asked: { ...whole, toMs: undefined } });
    expect(minutesAfter(0), 'in its last minute').to.deep.include({ isOpen: true, asked: whole });
    expect(minutesAfter(1), 'in the minute after').to.deep.include({ isOpen: true, asked: whole });
    expect(minutesAfter(2)).to.deep.include({ isOpen: false, asked: whole });
  });

  it('is compared with what is as far into its weeks and months', () => {
    // From a Wednesday to a Sunday, 105 days and 4 more.
    expect(before('2026-05-06T00:00', '2026-08-23T00:00')).to.deep.equal(['2026-01-14T00:00', '2026-05-03T00:00']);
    expect(before('2022-01-01T00:00', '2024-02-01T00:00')).to.deep.equal(['2019-12-01T00:00', '2022-01-01T00:00']);
    expect(before('2026-11-01T10:00', '2026-11-05T14:00')).to.deep.equal(['2026-10-27T10:00', '2026-10-31T14:00']);
  });

  it('is compared by whole intervals also where those are chosen', () => {
    const spring = { from: '2026-01-01T00:00', to: '2026-06-01T00:00' };
    expect(beforeBy('month', spring)).to.deep.equal(['2025-08-01T00:00', '2026-01-01T00:00']);
    expect(beforeBy('day', spring), 'of its own weeks').to.deep.equal(before(spring.from, spring.to));
    // From a Monday, 90 days; the Monday 91 days before.
    expect(beforeBy('week', { range: '90d' })).to.deep.equal(['2026-05-25T00:00', '2026-08-22T12:00']);
    expect(beforeBy('week', { range: '12m' })).to.deep.equal(['2024-12-09T00:00', '2025-11-29T12:00']);
    expect(beforeBy('hour', { range: '7d' })).to.deep.equal(['2026-11-08T00:00', '2026-11-14T12:00']);
    const night = { from: '2026-11-20T20:00', to: '2026-11-21T02:00' };
    expect(beforeBy('day', night)).to.deep.equal(['2026-11-19T20:00', '2026-11-20T02:00']);
    const years = { from: '1990-01-01T00:00', to: '2020-01-01T00:00' };
    expect(beforeBy('week', years)[1], 'a Wednesday, as its end').to.equal('1989-12-27T00:00');
  });

  it('is as long before by the clocks of the zone', () => {
    const week = readRange({ range: '', from: '2026-10-19T00:00', to: '2026-10-26T00:00' }, NOON, BERLIN).bounds;
    expect(inputValue(week.before.fromMs, BERLIN)).to.equal('2026-10-12T00:00');
  });

  it('says what is wrong with a link, and is the usual one then', () => {
    for (const [link, message] of [
      [{ range: '1y' }, 'Received the range “1y”, expected 1h, 24h, 7d'],
      [{ from: '2024-01-01T00:00' }, 'Received nothing, expected a date and a time'],
      [{ from: '2024-01-02T00:00', to: '2024-01-02T00:00' }, 'an end that is not after the beginning'],
      [{ from: '2024-13-01T00:00', to: '2024-03-01T00:00' }, 'Received “2024-13-01T00:00”'],
    ] as const) {
      const { preset, problem } = readRange({ ...NOTHING, ...link }, NOON, 'UTC');
      expect(problem, JSON.stringify(link)).to.contain(message);
      expect(preset).to.equal('24h');
    }
    expect(readRange({ ...NOTHING, from: 'x'.repeat(7000), to: 'y' }, NOON, 'UTC').problem?.length).to.be.below(200);
    expect(customBounds('', 'nonsense', 'UTC')).to.have.all.keys('from', 'to');
  });
});
