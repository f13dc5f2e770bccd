import { expect } from 'chai';
import { parseImpressions } from '../../../bench/traffic/impressions-csv.ts';

const HEADER = 'timestamp,policy,campaign,item_id,position,click,uf0,uf1,uf2,uf3';

describe('ad impressions', () => {
  it('make each row an impression, and a clicked one also a click', () => {
    const events = parseImpressions(
      [
        HEADER,
        '2026-01-02 03:04:05.678901+00:00,bts,men,2,2,0,a,b,c,d',
        '2026-01-02 03:04:06+00:00,random,women,3,1,1,e,f,g,h',
        '',
      ].join('\n'),
    );
    expect(events).to.deep.equal([
      { timestampMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), user: 'a-b-c-d', kind: 'impression' },
      { timestampMs: Date.UTC(2026, 0, 2, 3, 4, 6), user: 'e-f-g-h', kind: 'impression' },
      { timestampMs: Date.UTC(2026, 0, 2, 3, 4, 6), user: 'e-f-g-h', kind: 'click' },
    ]);
  });

  it('keep the whole milliseconds: the last microsecond of an hour stays in it', () => {
    const [event] = parseImpressions(`${HEADER}\n2026-01-02 03:59:59.999999+00:00,bts,men,2,2,0,a,b,c,d\n`);
    expect(event?.timestampMs).to.equal(Date.UTC(2026, 0, 2, 3, 59, 59, 999));
  });

  for (const [what, row, message] of [
    ['another zone', '2026-01-02 03:04:05.678901+09:00,bts,men,2,2,0,a,b,c,d', /line 2: received timestamp .*\+09:00/],
    ['a day that does not exist', '2026-13-02 03:04:05+00:00,bts,men,2,2,0,a,b,c,d', /line 2: received timestamp/],
    [
      'a click that is neither 0 nor 1',
      '2026-01-02 03:04:05+00:00,bts,men,2,2,yes,a,b,c,d',
      /click "yes", expected 0 or 1/,
    ],
    ['a row that is cut off', '2026-01-02 03:04:05+00:00,bts,men', /received 3 fields, expected 10/],
  ] as const) {
    it(`are refused with ${what}, by line`, () => {
      expect(() => parseImpressions(`${HEADER}\n${row}\n`)).to.throw(message);
    });
  }

  it('are refused with other columns', () => {
    expect(() => parseImpressions('a,b\n1,2\n')).to.throw(/line 1: received "a,b", expected timestamp,policy/);
  });
});
