import { expect } from 'chai';
import { isoOf, microsOf, momentOf, timeInLink } from '../../../dashboard/text/instants.ts';
import { ANY_TIME, pageAt, pinned, problemOf, wordsOf } from '../../../dashboard/state/time-filter.ts';

const NOW = Date.UTC(2026, 10, 21, 14, 5, 9, 123);

describe('A time filter', () => {
  it('of a range that ends now begins so long before it', () => {
    expect(pinned({ ...ANY_TIME, range: '24h' }, NOW)).to.deep.equal({
      range: '24h',
      from: '2026-11-20T14:05:09.123000Z',
      to: '',
    });
  });

  it('keeps the beginning that the first page had', () => {
    const first = pinned({ ...ANY_TIME, range: '1h' }, NOW);
    expect(pinned(first, NOW + 60_000)).to.deep.equal(first);
    expect(wordsOf(first, 'UTC')).to.equal('of the last hour before 2026-11-21 14:05:09 UTC');
    expect(wordsOf(first, 'Asia/Kolkata')).to.equal('of the last hour before 2026-11-21 19:35:09');
  });

  it('is of now on the first page again', () => {
    const last = { ...ANY_TIME, range: '1h' };
    expect(pageAt(pinned(last, NOW), '', NOW)).to.deep.equal({ ...last, cursor: '' });
    expect(pageAt(last, 'c', NOW)).to.deep.equal({ ...pinned(last, NOW), cursor: 'c' });
    const typed = { range: '', from: 'yesterday', to: '' };
    expect(pageAt(typed, '', NOW)).to.deep.equal({ ...typed, cursor: '' });
  });

  it('leaves what was typed to the service', () => {
    const typed = { range: '', from: 'yesterday', to: '2026-11-21 14:05' };
    expect(pinned(typed, NOW)).to.deep.equal(typed);
    expect(wordsOf(typed, 'UTC')).to.equal('from yesterday to before 2026-11-21 14:05');
    expect(wordsOf(ANY_TIME, 'UTC')).to.equal('');
  });

  it('says what is wrong with a range that there is not, and does without it', () => {
    const unknown = { ...ANY_TIME, range: '5y' };
    expect(problemOf(unknown)).to.equal('Received the range “5y”, expected 1h, 24h, 7d, 31d.');
    expect(pinned(unknown, NOW)).to.deep.equal(ANY_TIME);
    expect(problemOf({ ...ANY_TIME, range: '7d' })).to.equal(undefined);
  });
});

describe('A time of the service', () => {
  it('is the same in microseconds and back', () => {
    for (const iso of ['1970-01-01T00:00:00.000001Z', '2026-11-21T14:05:09.999999Z', '2099-12-31T23:59:59.000000Z']) {
      expect(isoOf(microsOf(iso))).to.equal(iso);
    }
    expect(microsOf('yesterday')).to.be.NaN;
  });

  it('is read from a link as the service reads it', () => {
    const noon = Date.UTC(2026, 10, 21, 12);
    for (const text of ['2026-11-21 12:00', '2026-11-21T12:00:00,000', '2026-11-21T14:00+02:00', String(noon)]) {
      expect(timeInLink(text), text).to.equal(noon);
    }
    expect(timeInLink('2026-11-21')).to.equal(noon - 12 * 3_600_000);
    expect(timeInLink('yesterday')).to.be.NaN;
  });

  it('has a moment of one microsecond', () => {
    expect(momentOf(microsOf('2026-11-21T14:05:09.999999Z'))).to.deep.equal({
      from: '2026-11-21T14:05:09.999999Z',
      to: '2026-11-21T14:05:10.000000Z',
    });
  });
});
