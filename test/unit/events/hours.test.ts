import { parse } from 'node:querystring';
import { expect } from 'chai';
import { HOUR_MS, hourOf, MAX_HOURS, parseHour, parseHours } from '../../../server/events/hours.ts';
import { MAX_TIMESTAMP_MS } from '../../../server/events/event.ts';
import { thrownBy } from '../../support/thrown.ts';

const TEN = Date.UTC(2021, 0, 1, 10);

function issuesOf(run: () => unknown) {
  const error = thrownBy(run);
  expect(error.code).to.equal('invalid');
  return error.issues.map(({ path, message }) => `${path}: ${message}`);
}

function hoursOf(from: string, to: string): string[] {
  return parseHours(parse(`from=${from}&to=${to}`)).map((hour) => new Date(hour).toISOString());
}

describe('hourOf', () => {
  it('begins an hour with its first millisecond and ends it before the next one', () => {
    expect(hourOf(TEN - 1)).to.equal(TEN - HOUR_MS);
    expect(hourOf(TEN)).to.equal(TEN);
    expect(hourOf(TEN + HOUR_MS - 1)).to.equal(TEN);
    expect(hourOf(TEN + HOUR_MS)).to.equal(TEN + HOUR_MS);
    expect(hourOf(0)).to.equal(0);
  });
});

describe('parseHour', () => {
  it('takes every timestamp from the epoch to the end of 2099', () => {
    expect(parseHour(parse('timestamp=0'))).to.equal(0);
    expect(parseHour(parse(`timestamp=${TEN + 1}`))).to.equal(TEN);
    expect(parseHour(parse('timestamp=4102444799999'))).to.equal(Date.UTC(2099, 11, 31, 23));
  });

  const bad: Record<string, string> = {
    '': 'nothing',
    'timestamp=': '""',
    'timestamp=4102444800000': '"4102444800000"',
    'timestamp=1&timestamp=1': '["1","1"]',
    'timestamp=-1': '"-1"',
    'timestamp=1.0': '"1.0"',
    'timestamp=yesterday': '"yesterday"',
  };
  for (const [query, received] of Object.entries(bad)) {
    it(`refuses "${query}", saying what came and what was expected`, () => {
      expect(issuesOf(() => parseHour(parse(query)))).to.deep.equal([
        `timestamp: received ${received}, expected a whole number of milliseconds since the epoch, from 0 to ${MAX_TIMESTAMP_MS}`,
      ]);
    });
  }
});

describe('parseHours', () => {
  it('gives every hour from the one that holds `from` to the last that begins before `to`', () => {
    expect(hoursOf('2021-01-01T10:30:00Z', '2021-01-01T12:00:00Z')).to.deep.equal([
      '2021-01-01T10:00:00.000Z',
      '2021-01-01T11:00:00.000Z',
    ]);
    expect(hoursOf('2021-01-01T10:00:00Z', '2021-01-01T11:00:00.001Z')).to.have.length(2);
    expect(hoursOf('2021-01-01T10:00:00Z', '2021-01-01T11:00:00.000001Z')).to.have.length(2);
    expect(hoursOf('2021-01-01T10:00:00.000001Z', '2021-01-01T10:00:00.000002Z')).to.have.length(1);
    expect(hoursOf(`${TEN}`, `${TEN + HOUR_MS}`)).to.deep.equal(['2021-01-01T10:00:00.000Z']);
    expect(hoursOf('2021-01-01T10:15', '2021-01-01T10:45')).to.deep.equal(['2021-01-01T10:00:00.000Z']);
  });

  it('gives no hour for an empty range', () => {
    expect(hoursOf('2021-01-01T10:30:00Z', '2021-01-01T10:30:00Z')).to.deep.equal([]);
    expect(hoursOf(`${TEN}`, `${TEN}`)).to.deep.equal([]);
  });

  it('reads zones, also one whose "+" the client did not encode', () => {
    const expected = ['2021-01-01T08:00:00.000Z'];
    expect(hoursOf('2021-01-01T10:00:00%2B02:00', '2021-01-01T11:00:00%2B02:00')).to.deep.equal(expected);
    expect(hoursOf('2021-01-01T10:00:00+02:00', '2021-01-01T11:00:00+0200')).to.deep.equal(expected);
    expect(hoursOf('2021-01-01T06:00:00-02:00', '2021-01-01T09:00:00Z')).to.deep.equal(expected);
  });

  it('reads a time with a space, which is no zone', () => {
    expect(hoursOf('2021-01-01%2009:15:27.243860', '2021-01-01+10:00:00')).to.deep.equal(['2021-01-01T09:00:00.000Z']);
  });

  it('gives up to 744 hours and refuses one more', () => {
    expect(hoursOf(`${TEN}`, `${TEN + MAX_HOURS * HOUR_MS}`)).to.have.length(744);
    expect(issuesOf(() => hoursOf(`${TEN}`, `${TEN + MAX_HOURS * HOUR_MS + 1}`))).to.deep.equal([
      'to: received a range of 745 hours, expected at most 744',
    ]);
  });

  it('refuses an end before the beginning', () => {
    expect(issuesOf(() => hoursOf('2021-01-02', '2021-01-01'))).to.deep.equal([
      'to: received "2021-01-01", expected a time not before from',
    ]);
  });

  const EXPECTED = 'expected ISO 8601 or milliseconds since the epoch, from 1970 to 2099';
  const bad: Record<string, string> = {
    '': 'nothing',
    'from=': '""',
    'from=2021-01-01&from=2021-01-02': '["2021-01-01","2021-01-02"]',
    'from=yesterday': '"yesterday"',
    'from=-1': '"-1"',
    'from=1.5': '"1.5"',
    'from=2021-02-30': '"2021-02-30"',
    'from=2021-01-01T24:00:00Z': '"2021-01-01T24:00:00Z"',
    'from=1969-12-31T23:59:59.999999Z': '"1969-12-31T23:59:59.999999Z"',
    'from=2100-01-01': '"2100-01-01"',
    'from=4102444800000': '"4102444800000"',
  };
  for (const [query, received] of Object.entries(bad)) {
    it(`refuses "${query}" for \`from\`, saying what came and what was expected`, () => {
      expect(issuesOf(() => parseHours(parse(`${query}&to=2021-01-01`)))).to.deep.equal([
        `from: received ${received}, ${EXPECTED}`,
      ]);
    });
  }

  it('reports both ends when both are wrong', () => {
    expect(issuesOf(() => parseHours(parse('from=a&to=b')))).to.deep.equal([
      `from: received "a", ${EXPECTED}`,
      `to: received "b", ${EXPECTED}`,
    ]);
  });
});
