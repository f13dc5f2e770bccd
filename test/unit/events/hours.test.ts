import { expect } from 'chai';
import { HOUR_MS, hourOf, hoursBetween, MAX_HOURS } from '../../../server/events/hours.ts';
import { thrownBy } from '../../support/thrown.ts';

const TEN = Date.UTC(2021, 0, 1, 10);

function issuesOf(run: () => unknown) {
  const error = thrownBy(run);
  expect(error.code).to.equal('invalid');
  return error.issues.map(({ path, message }) => `${path}: ${message}`);
}

function hoursOf(from: string, to: string): string[] {
  return hoursBetween(from, to).map((hour) => new Date(hour).toISOString());
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

describe('hoursBetween', () => {
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
    expect(hoursOf('2021-01-01T10:00:00+02:00', '2021-01-01T11:00:00+02:00')).to.deep.equal(expected);
    expect(hoursOf('2021-01-01T10:00:00 02:00', '2021-01-01T11:00:00 0200')).to.deep.equal(expected);
    expect(hoursOf('2021-01-01T06:00:00-02:00', '2021-01-01T09:00:00Z')).to.deep.equal(expected);
  });

  it('reads a time with a space, which is no zone', () => {
    expect(hoursOf('2021-01-01 09:15:27.243860', '2021-01-01 10:00:00')).to.deep.equal(['2021-01-01T09:00:00.000Z']);
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
});
