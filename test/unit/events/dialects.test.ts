import { expect } from 'chai';
import { binaryCloudEvent } from '../../../server/events/dialects/cloud-event.ts';
import { messageParser } from '../../../server/events/dialects/mapping.ts';
import { POSTHOG } from '../../../server/events/dialects/posthog.ts';
import { SEGMENT } from '../../../server/events/dialects/segment.ts';
import { context } from '../../support/events/parsed-event.ts';

describe('Messages with numbers for names', () => {
  const parseSegment = messageParser(SEGMENT, { type: 'track' });
  const parsePosthog = messageParser(POSTHOG);
  const segment = (members: string) => parseSegment(Buffer.from(`{"event":"e",${members}}`), context);
  const posthog = (members: string) => parsePosthog(Buffer.from(`{"event":"e",${members}}`), context);

  it('are taken as long as no two numbers are read as one', () => {
    expect(segment('"userId":9007199254740991')).to.deep.include({ user: '9007199254740991' });
    expect(segment('"userId":-9007199254740991')).to.deep.include({ user: '-9007199254740991' });
    expect(segment('"userId":"9007199254740993"')).to.deep.include({ user: '9007199254740993' });
    expect(posthog('"distinct_id":0,"properties":{"price":9007199254740993}')).to.deep.include({ user: '0' });
  });

  it('are refused beyond that, by the path of the sender', () => {
    const message = 'received a number beyond ±9007199254740991, expected a string, or a number up to that';
    const cases: readonly [verdict: ReturnType<typeof segment>, path: string][] = [
      [segment('"userId":9007199254740992'), 'userId'],
      [segment('"userId":"u","messageId":9007199254740993'), 'messageId'],
      [segment('"userId":"u","messageId":1e400'), 'messageId'],
      [segment('"userId":"u","context":{"sessionId":-9007199254740993}'), 'context.sessionId'],
      [posthog('"distinct_id":"u","uuid":12345678901234567890'), 'uuid'],
    ];
    for (const [verdict, path] of cases) {
      expect(verdict, path).to.deep.equal({ reason: 'shape', errors: [{ path, message }] });
    }
  });
});

describe('A message', () => {
  it('of a page before it sent times has the same time each time it is sent', () => {
    const message = Buffer.from('{"event":"e","properties":{"distinct_id":"d","$time":1767323045.678},"offset":2997}');
    for (const nowMs of [1_767_323_048_675, 1_767_323_054_675]) {
      const event = messageParser(POSTHOG)(message, { ...context, nowMs });
      expect(event).to.deep.include({ timestampUs: 1_767_323_045_678_000 });
    }
  });

  it('is told once what is wrong with an id that it has for its user and its session', () => {
    const verdict = messageParser(SEGMENT)(Buffer.from('{"type":"track","event":"e","userId":true}'), context);
    expect(verdict).to.have.property('errors').with.lengthOf(1);
  });
});

function asNodeGivesIt(header: string): string {
  return Buffer.from(header).toString('latin1');
}

describe('A CloudEvent in the binary mode', () => {
  it('has the characters that its sender wrote, percent-encoded or not', () => {
    const cases: readonly [header: string, user: string][] = [
      [asNodeGivesIt('Müller'), 'Müller'],
      [asNodeGivesIt('100% Müller'), '100% Müller'],
      [asNodeGivesIt('"Müller \\"ü\\" 東京"'), 'Müller "ü" 東京'],
      ['M%C3%BCller', 'Müller'],
      [asNodeGivesIt('Müller%20東京'), 'Müller 東京'],
      // Latin-1 on the wire.
      ['M\xfcller', 'Müller'],
    ];
    for (const [subject, user] of cases) {
      const { parse } = binaryCloudEvent({
        'ce-specversion': '1.0',
        'ce-id': 'i',
        'ce-source': 's',
        'ce-type': 't',
        'ce-subject': subject,
      });
      expect(parse(Buffer.from('{}'), context), subject).to.deep.include({ user, sessionId: user });
    }
  });

  it('is kept with its id when it is rejected', () => {
    const { parse, kept } = binaryCloudEvent({ 'ce-specversion': '1.0', 'ce-id': 'i', 'ce-time': 'yesterday' });
    for (const [body, data] of [['{"a":1}', { a: 1 }] as const, ['', {}] as const]) {
      expect(parse(Buffer.from(body), context)).to.have.property('reason', 'shape');
      const structured = JSON.parse(kept(Buffer.from(body)).toString()) as unknown;
      expect(structured).to.deep.equal({ specversion: '1.0', id: 'i', time: 'yesterday', data });
    }
  });
});
