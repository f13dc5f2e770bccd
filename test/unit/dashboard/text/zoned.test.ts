import { expect } from 'chai';
import { assert, constantFrom, integer, property } from 'fast-check';
import { formatTime } from '../../../../dashboard/text/format.ts';
import { instantOf, shifted, startOf, wallOf, type Unit } from '../../../../dashboard/text/zoned.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia'];

describe('Time in a zone', () => {
  it('is cut into the units of that zone, also where days have 23 or 25 hours', () => {
    const spring = at('2026-03-29T12:00Z');
    expect(iso(startOf('day', spring, 'Europe/Berlin'))).to.equal('2026-03-28T23:00:00.000Z');
    expect(iso(shifted(startOf('day', spring, 'Europe/Berlin'), 1, 'day', 'Europe/Berlin'))).to.equal(
      '2026-03-29T22:00:00.000Z',
    );
    expect(iso(startOf('hour', at('2026-11-21T12:40Z'), 'Asia/Kolkata'))).to.equal('2026-11-21T12:30:00.000Z');
    expect(iso(startOf('week', at('2026-11-22T12:00Z'), 'UTC'))).to.equal('2026-11-16T00:00:00.000Z');
    expect(iso(shifted(at('2026-03-31T12:00Z'), -1, 'month', 'UTC'))).to.equal('2026-02-28T12:00:00.000Z');
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
