import { expect } from 'chai';
import type { Static } from 'typebox';
import type { HourCounts as Documented } from '../../../server/http/routes/analytics-schemas.ts';
import { HOUR_MS, hourOf, withLatest, type HourCounts } from '../../../dashboard/text/hours.ts';
import { boundsOf, fixedRange, readRange } from '../../../dashboard/views/overview/range.ts';

const read = (search: string) => readRange(new URLSearchParams(search));
const NOON = Date.parse('2026-11-21T12:00Z');

describe('The range of the chart', () => {
  it('is the last 24 hours unless the link says otherwise, this hour included', () => {
    const { range, problem } = read('');
    expect(problem).to.equal(undefined);
    expect(boundsOf(range, NOON)).to.deep.equal({ fromMs: NOON - 23 * HOUR_MS, toMs: NOON + HOUR_MS });
  });

  it('may be from one hour to another, written in UTC', () => {
    for (const [from, to] of [
      ['2024-02-29T23:00', '2024-03-01T01:00'],
      ['2024-02-29T23:00Z', '2024-03-01T01:00:00.000Z'],
    ]) {
      const { range } = read(`from=${from}&to=${to}`);
      const fromMs = Date.parse('2024-02-29T23:00Z');
      expect(boundsOf(range, NOON)).to.deep.include({ fromMs, toMs: fromMs + 2 * HOUR_MS });
    }
  });

  it('says what is wrong with a link, and is the usual one then', () => {
    for (const [search, message] of [
      ['range=1y', 'Received the range “1y”, expected 24h, 7d, 31d.'],
      ['from=2024-01-01T00:30&to=2024-01-02T00:00', 'Received “2024-01-01T00:30”, expected a date and a whole hour'],
      ['from=2024-01-01T00:00', 'Received nothing, expected a date and a whole hour'],
      ['from=2024-01-02T00:00&to=2024-01-02T00:00', 'an end that is not after the beginning'],
      ['from=2024-01-01T00:00&to=2024-03-01T00:00', 'Received 1440 hours, expected at most 744'],
      ['from=2024-13-01T00:00&to=2024-03-01T00:00', 'Received “2024-13-01T00:00”'],
    ] as const) {
      const { range, problem } = read(search);
      expect(problem, search).to.contain(message);
      expect(range).to.include({ kind: 'rolling', id: '24h' });
    }
  });

  it('names each end that is wrong', () => {
    expect(Object.keys(fixedRange('', '').errors)).to.deep.equal(['from', 'to']);
  });
});

describe('The hours of the chart', () => {
  it('show the figures of this hour that came last', () => {
    const hours = [counts('2026-01-01T00:00:00.000Z', 1), counts('2026-01-01T01:00:00.000Z', 2)];
    const later = counts('2026-01-01T01:00:00.000Z', 3);
    expect(withLatest(hours, later)).to.deep.equal([hours[0], later]);
    expect(withLatest(hours, undefined)).to.deep.equal(hours);
  });

  it('begin where the hour of the service begins', () => {
    expect(hourOf(NOON + 1)).to.equal(NOON);
    expect(hourOf(NOON - 1)).to.equal(NOON - HOUR_MS);
  });

  it('have the members that the API documents', () => {
    const documented: Static<typeof Documented> = counts('2026-01-01T00:00:00.000Z', 1);
    const known: HourCounts = documented;
    expect(known).to.equal(documented);
  });
});

function counts(hour: string, clicks: number): HourCounts {
  return { hour, unique_users: 1, clicks, impressions: 0 };
}
