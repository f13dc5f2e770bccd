import { expect } from 'chai';
import type { Event } from '../../../server/events/event.ts';
import { toRow, untyped } from '../../../server/events/row.ts';

const ARRIVAL = {
  receivedAtUs: 1_700_000_000_000_001,
  clockUs: 1_699_992_800_000_000,
  eventId: '018bcfe5-6800-7001-8000-000000000000',
};

const EVENT: Event = {
  timestampUs: 1_699_999_999_123_456,
  application: 'shop',
  sessionId: 's1',
  user: 'ada',
  category: 'analytics',
  name: 'click',
  data: '{}',
};

const HOSTILE = [
  '"',
  '\\',
  '\\"',
  "'",
  '\n',
  '\r\n',
  '\t',
  '\u0000',
  '\u001F\u007F',
  '\u2028\u2029',
  '🦊漢é',
  '\uD800',
  '"}\n{"timestamp":0}\n',
  '{"a":"\\u0000\\n"}',
  "'); DROP TABLE events; --",
];

describe('toRow', () => {
  it('writes the columns of the table, times as whole microseconds', () => {
    expect(JSON.parse(toRow(EVENT, ARRIVAL))).to.deep.equal({
      timestamp: 1_699_999_999_123_456,
      received_at: 1_700_000_000_000_001,
      event_id: ARRIVAL.eventId,
      application: 'shop',
      session_id: 's1',
      user: 'ada',
      category: 'analytics',
      name: 'click',
      data: '{}',
    });
  });

  it('says first of what may not be typed that it is not, and changes nothing else', () => {
    const row = toRow({ ...EVENT, typed: false }, ARRIVAL);
    expect(row).to.match(/^\{"typed":0,"timestamp":1699999999123456,/);
    expect(row.replace('"typed":0,', '')).to.equal(toRow(EVENT, ARRIVAL));
    expect(toRow(EVENT, ARRIVAL)).to.match(/^\{"timestamp":/);
  });

  it('says the shape of what is typed, and it can be taken out again', () => {
    const shaped = toRow({ ...EVENT, shape: ',a,a.b,' }, ARRIVAL);
    expect(JSON.parse(shaped)).to.include({ shape: ',a,a.b,' });
    expect(toRow({ ...EVENT, shape: ',a,', typed: false }, ARRIVAL)).to.equal(
      toRow({ ...EVENT, typed: false }, ARRIVAL),
    );
    for (const row of [shaped, toRow(EVENT, ARRIVAL)]) {
      const stripped = untyped(Buffer.from(row));
      expect(stripped.toString()).to.equal(toRow({ ...EVENT, typed: false }, ARRIVAL));
      expect(untyped(stripped)).to.equal(stripped);
    }
  });

  it('gives an event the id and the time of its arrival where it has none of its own', () => {
    const { timestampUs: _, ...timeless } = EVENT;
    expect(JSON.parse(toRow(timeless, ARRIVAL))).to.include({
      timestamp: ARRIVAL.clockUs,
      received_at: ARRIVAL.receivedAtUs,
      event_id: ARRIVAL.eventId,
    });
    expect(JSON.parse(toRow({ ...EVENT, eventId: 'mine' }, ARRIVAL))).to.include({
      timestamp: EVENT.timestampUs,
      event_id: 'mine',
    });
  });

  it('leaves out empty columns, whose default is the empty string', () => {
    const row = toRow({ ...EVENT, application: '', sessionId: '', user: '' }, ARRIVAL);
    expect(JSON.parse(row)).to.have.all.keys('timestamp', 'received_at', 'event_id', 'category', 'name', 'data');
  });

  for (const text of HOSTILE) {
    it(`gives ${JSON.stringify(text)} back unchanged, from one line without a NUL byte`, () => {
      const event = {
        ...EVENT,
        application: text,
        sessionId: text,
        user: text,
        category: text,
        name: text,
        data: text,
      };
      const row = toRow(event, ARRIVAL);
      expect(row.indexOf('\n')).to.equal(row.length - 1);
      expect(row).to.not.include('\u0000');
      expect(JSON.parse(row)).to.include({
        application: text,
        session_id: text,
        user: text,
        category: text,
        name: text,
        data: text,
      });
    });
  }
});
