import { expect } from 'chai';
import { eventsJson } from '../../../server/http/routes/event-json.ts';

const event = {
  eventId: 'e"1',
  receivedAtUs: 1_609_492_528_000_001,
  application: 'shop',
  sessionId: 's\u2028',
  user: '',
  category: 'c',
  name: 'n',
  data: '{"b":1e999,"a":12345678901234567890,"a":1.0}',
  timestampUs: 1_609_492_527_243_860,
};

describe('A page of events as JSON', () => {
  it('has data as the very text that was sent, and everything else escaped', () => {
    const text = eventsJson({ session_id: 's"' }, { events: [event], nextCursor: 'abc' });
    expect(text).to.equal(
      '{"session_id":"s\\"","events":[{"event_id":"e\\"1","received_at":"2021-01-01T09:15:28.000001Z",' +
        '"application":"shop","session_id":"s\u2028","user":"","category":"c","name":"n",' +
        '"data":{"b":1e999,"a":12345678901234567890,"a":1.0},"timestamp":"2021-01-01T09:15:27.243860Z"}],' +
        '"next_cursor":"abc"}',
    );
  });

  it('is JSON without events, too', () => {
    expect(eventsJson({}, { events: [], nextCursor: null })).to.equal('{"events":[],"next_cursor":null}');
  });
});
