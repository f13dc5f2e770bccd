import { expect } from 'chai';
import { formatTimeUs, parseTimeUs } from '../../../server/events/time.ts';

const DAY_US = Date.UTC(2021, 0, 1) * 1000;
const TIME_US = Date.UTC(2021, 0, 1, 9, 15, 27) * 1000;
const SECOND_US = 1_000_000;
/** After the leap second at the end of 2016. */
const LEAP_US = Date.UTC(2017, 0, 1) * 1000;

describe('parseTimeUs', () => {
  const good: Record<string, number> = {
    '2021-01-01 09:15:27.243860': TIME_US + 243_860,
    '2021-01-01T09:15:27.243860Z': TIME_US + 243_860,
    '2021-01-01t09:15:27z': TIME_US,
    '2021-01-01T09:15:27': TIME_US,
    '2021-01-01T09:15:27,5Z': TIME_US + 500_000,
    '2021-01-01T09:15Z': TIME_US - 27 * SECOND_US,
    '2021-01-01': DAY_US,
    '2024-02-29': Date.UTC(2024, 1, 29) * 1000,
    '2021-01-01T09:15:27+02:00': TIME_US - 7200 * SECOND_US,
    '2021-01-01T09:15:27+0200': TIME_US - 7200 * SECOND_US,
    '2021-01-01T09:15:27+02': TIME_US - 7200 * SECOND_US,
    '2021-01-01T09:15:27-03:30': TIME_US + 12_600 * SECOND_US,
    '2021-01-01T09:15:27-00:30': TIME_US + 1800 * SECOND_US,
    '2021-01-01T09:15:27.000001-00:00': TIME_US + 1,
    '2021-01-01T00:00:00+14:00': DAY_US - 14 * 3600 * SECOND_US,
    '2016-12-31T23:59:60Z': LEAP_US,
    '2016-12-31 23:59:60.25': LEAP_US + 250_000,
    '2016-12-31T15:59:60-08:00': LEAP_US,
    '2017-01-01T05:29:60+05:30': LEAP_US,
    '1970-01-01T00:00:00Z': 0,
    '1969-12-31T23:59:59.5Z': -500_000,
    '0': 0,
    '1609492527243': 1_609_492_527_243_000,
  };
  for (const [text, us] of Object.entries(good)) {
    it(`reads "${text}"`, () => expect(parseTimeUs(text)).to.equal(us));
  }

  it('reads fractions of any number of digits and cuts off what is finer than a microsecond', () => {
    const us = [100_000, 120_000, 123_000, 123_400, 123_450, 123_456, 123_456, 123_456, 123_456, 123_456];
    us.forEach((expected, index) => {
      const fraction = '1234567899'.slice(0, index + 1);
      expect(parseTimeUs(`2021-01-01T09:15:27.${fraction}Z`), fraction).to.equal(TIME_US + expected);
    });
  });

  it('cuts off the many digits that some languages give a fraction', () => {
    expect(parseTimeUs(`2021-01-01T09:15:27.${'9'.repeat(1000)}Z`)).to.equal(TIME_US + 999_999);
  });

  const bad: readonly string[] = [
    '',
    ' ',
    'now',
    '2024-02-30',
    '2023-02-29',
    '2021-13-01',
    '2021-00-01',
    '2021-01-00',
    '2021-01-32',
    '2021-1-1',
    '2021-01-01T24:00:00Z',
    '2021-01-01T23:60:00Z',
    '2021-01-01T23:59:60Z',
    '2021-01-01T09:15:27.Z',
    '2016-12-30T23:59:60Z',
    '2016-12-31T23:59:60+01:00',
    '2016-12-31T23:58:60Z',
    '2016-12-31T23:59:61Z',
    '2017-01-01T00:00:60Z',
    '2021-01-01T09:15:27+19:00',
    '2021-01-01T09:15:27+02:60',
    '2021-01-01T09:15:27 CET',
    '2021-01-01T09',
    '2021-01-01Z',
    '2021-01-01T09:15:27Z\n',
    '٢٠٢١-01-01',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '1234567890123456',
  ];
  for (const text of bad) {
    it(`takes ${JSON.stringify(text)} for no time`, () => expect(parseTimeUs(text)).to.be.NaN);
  }
});

describe('formatTimeUs', () => {
  it('writes microseconds in full, in UTC', () => {
    expect(formatTimeUs(0)).to.equal('1970-01-01T00:00:00.000000Z');
    expect(formatTimeUs(1)).to.equal('1970-01-01T00:00:00.000001Z');
    expect(formatTimeUs(TIME_US + 243_860)).to.equal('2021-01-01T09:15:27.243860Z');
    expect(formatTimeUs(TIME_US + 999_999)).to.equal('2021-01-01T09:15:27.999999Z');
    expect(formatTimeUs(Date.UTC(2099, 11, 31, 23, 59, 59, 999) * 1000 + 7)).to.equal('2099-12-31T23:59:59.999007Z');
  });

  it('writes what parseTimeUs reads', () => {
    for (const us of [0, 1, 999, 1000, TIME_US + 243_860, DAY_US - 1]) {
      expect(parseTimeUs(formatTimeUs(us))).to.equal(us);
    }
  });
});
