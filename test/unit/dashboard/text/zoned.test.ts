import { expect } from 'chai';
import { assert, constantFrom, integer, property } from 'fast-check';
import { formatTime } from '../../../../dashboard/text/format.ts';
import { areOfOneDay, instantOf, shifted, startOf, wallOf, type Unit } from '../../../../dashboard/text/zoned.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'Asia/Kolkata',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];

describe('Time in a zone', () => {
  it('is cut into the units of that zone, also where days have 23 or 25 hours', () => {
    const spring = at('2026-03-29T12:00Z');
    expect(iso(startOf('day', spring, 'Europe/Berlin'))).to.equal('2026-03-28T23:00:00.000Z');
    expect(iso(shifted(startOf('day', spring, 'Europe/Berlin'), 1, 'day', 'Europe/Berlin'))).to.equal(
      '2026-03-29T22:00:00.000Z',
    );
    expect(iso(startOf('hour', at('2026-11-21T12:40Z'), 'Asia/Kolkata'))).to.equal('2026-11-21T12:30:00.000Z');
    expect(iso(startOf('week', at('2026-11-22T12:00Z'), 'UTC'))).to.equal('2026-11-16T00:00:00.000Z');
    expect(iso(shifted(at('2026-03-31T12:00Z'), -1, 'month', 'UTC'))).to.equal('2026-03-03T12:00:00.000Z');
  });

  it('begins a day whose midnight is skipped after the gap, on either side of UTC', () => {
    for (const [zone, noon, start] of [
      ['Atlantic/Azores', '2026-03-29T12:00Z', '2026-03-29T01:00:00.000Z'],
      ['America/Santiago', '2026-09-06T12:00Z', '2026-09-06T04:00:00.000Z'],
      ['America/Havana', '2026-03-08T12:00Z', '2026-03-08T05:00:00.000Z'],
      ['Africa/Cairo', '2026-04-24T12:00Z', '2026-04-23T22:00:00.000Z'],
    ] as const) {
      expect(iso(startOf('day', at(noon), zone)), zone).to.equal(start);
      expect(wallOf(at(start), zone), zone).to.equal(at(`${noon.slice(0, 10)}T01:00Z`));
    }
    expect(iso(instantOf(at('2026-03-28T23:30Z'), 'Atlantic/Azores'))).to.equal('2026-03-29T00:30:00.000Z');
    expect(iso(instantOf(at('2026-03-29T01:30Z'), 'Atlantic/Azores'))).to.equal('2026-03-29T01:30:00.000Z');
  });

  it('tells days apart at the midnight of its zone', () => {
    const [late, early] = [at('2026-11-20T22:59Z'), at('2026-11-20T23:00Z')];
    expect(areOfOneDay(late, early, 'Europe/Berlin')).to.equal(false);
    expect(areOfOneDay(late, early, 'UTC')).to.equal(true);
    expect(areOfOneDay(early, at('2026-11-21T22:59Z'), 'Europe/Berlin')).to.equal(true);
  });

  it('begins its units at or before a time, and the next ones after it', () => {
    assert(
      property(
        integer({ min: 0, max: at('2100-01-01T00:00Z') }),
        constantFrom(...ZONES),
        constantFrom<Unit>('minute', 'hour', 'day', 'week', 'month'),
        (ms, zone, unit) => {
          const start = startOf(unit, ms, zone);
          expect(start).to.be.at.most(ms);
          expect(shifted(start, 1, unit, zone)).to.be.greaterThan(ms - 3_600_000);
        },
      ),
    );
  });

  it('is what a clock shows, and back', () => {
    const winter = at('2026-01-15T08:30:12.345Z');
    for (const zone of ZONES) expect(instantOf(wallOf(winter, zone), zone), zone).to.equal(winter);
  });

  it('is written with all its digits', () => {
    const time = '2026-11-21T14:05:09.123456Z';
    expect(formatTime(time, 'UTC', 'exact')).to.equal('2026-11-21 14:05:09.123456');
    expect(formatTime(time, 'Asia/Kolkata', 'exact')).to.equal('2026-11-21 19:35:09.123456');
    expect(formatTime(time, 'Europe/Berlin', 'time')).to.equal('15:05:09');
  });
});
