import { expect } from 'chai';
import { compilePayloadSchemas } from '../../../server/events/payload-schemas.ts';
import { accepted, refused, text } from '../../support/events/parsed-event.ts';

describe('An event that leaves things out', () => {
  it('needs a name and nothing else, and says what the rest is then', () => {
    const given = { timestampUs: undefined, eventId: undefined, typed: undefined };
    const nothing = { ...given, application: '', sessionId: '', user: '', category: 'event', data: '{}', shape: ',' };
    expect(accepted('{"name":"n"}')).to.deep.equal({ ...nothing, name: 'n' });
    expect(accepted('{"name":"n","user":"ada"}')).to.deep.equal({
      ...nothing,
      name: 'n',
      user: 'ada',
      sessionId: 'ada',
    });
    expect(accepted('{"name":"n","user":"ada","session_id":"s"}')).to.include({
      user: 'ada',
      sessionId: 's',
    });
    expect(refused('{"user":"ada"}')).to.deep.equal({
      reason: 'shape',
      errors: [{ path: 'name', message: 'received nothing, expected a string' }],
    });
    for (const member of ['session_id', 'category', 'data', 'timestamp', 'event_id', 'user'])
      expect(refused(text({ [member]: null })).errors, member).to.have.length(1);
  });

  it('takes event ids of 1 to 256 characters', () => {
    for (const event_id of ['1', 'é'.repeat(256), '👩'.repeat(256)])
      expect(accepted(text({ event_id })).eventId).to.equal(event_id);
    for (const event_id of ['', 'x'.repeat(257), 1, null])
      expect(refused(text({ event_id })).errors[0]?.path).to.equal('event_id');
    expect(accepted(text())).to.have.property('eventId', undefined);
  });

  it('marks what may not be typed, and asks that of no event that it refuses', () => {
    const asked: object[] = [];
    const typedPaths = {
      allows: (data: object) => {
        asked.push(data);
        return !('tree' in data);
      },
    };
    expect(accepted(text({ data: { a: 1 } }), { typedPaths })).to.have.property('typed', undefined);
    expect(accepted(text({ data: { tree: 1 } }), { typedPaths })).to.have.property('typed', false);
    expect(accepted('{"name":"n"}', { typedPaths })).to.have.property('typed', undefined);
    refused(text({ data: { tree: 1 }, timestamp: 'soon' }), { typedPaths });
    refused(text({ data: { tree: 1 }, other: 1 }), { typedPaths });
    expect(asked).to.deep.equal([{ a: 1 }, { tree: 1 }, {}]);
  });

  it('holds an event without data, or without a category, against the schema of what it then is', () => {
    const errors = [{ path: 'data.a', message: 'received nothing, expected a value' }];
    const schema = { type: 'object', required: ['a'] };
    const checkPayload = compilePayloadSchemas(
      [
        { category: 'c', name: 'n', schema },
        { category: 'event', name: 'n', schema },
      ],
      (_, reason) => {
        throw new Error(reason);
      },
    );
    for (const event of ['{"category":"c","name":"n"}', '{"name":"n"}']) {
      expect(refused(event, { checkPayload }), event).to.deep.equal({ reason: 'schema', errors });
    }
    expect(accepted('{"name":"other"}', { checkPayload }).data).to.equal('{}');
  });
});
