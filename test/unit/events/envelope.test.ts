import { expect } from 'chai';
import { openEnvelope } from '../../../server/events/dialects/envelope.ts';

const PATHS = ['api_key', 'token', 'properties.token'];
const deep = (levels: number) => `${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`;

function opened(body: string) {
  const envelope = openEnvelope(Buffer.from(body), PATHS);
  if ('reason' in envelope) throw new Error('the body was not opened');
  return envelope;
}

function messagesOf(body: string): string | undefined {
  const messages = opened(body).messages();
  return Buffer.isBuffer(messages) ? messages.toString() : undefined;
}

describe('The key in a body', () => {
  const keys: readonly (readonly [string, string | undefined])[] = [
    ['{"batch":[{"token":"inner"}],"api_key":"k"}', 'k'],
    [' {"api_key" : "k" , "batch":[]}', 'k'],
    ['\uFEFF{"event":"e","token":"k"}', 'k'],
    ['{"event":"e","properties":{"token":"k"}}', 'k'],
    ['{"token":"second","api_key":"k"}', 'k'],
    ['{"api_key":"","token":"k"}', 'k'],
    ['{"api_key":null,"token":"k"}', 'k'],
    ['{"api_k\\u0065y":"\\u006b"}', 'k'],
    ['{"api_key":"first","api_key":"k"}', 'k'],
    ['[{"event":"e"},{"token":"k"},{"token":"other"}]', 'k'],
    [`[${'0,'.repeat(99)}{"token":"k"}]`, 'k'],
    [`[${'0,'.repeat(100)}{"token":"k"}]`, undefined],
    ['{"api_key":1,"token":["k"]}', undefined],
    ['{"batch":[{"token":"inner"}]}', undefined],
    ['{"batch":[],"properties":"token"}', undefined],
    [`{"a":${deep(101)},"token":"k"}`, undefined],
    ['"token"', undefined],
    ['', undefined],
  ];
  for (const [body, key] of keys) {
    it(`is ${key} in ${body.slice(0, 60)}`, () => expect(opened(body).key()).to.equal(key));
  }

  it('is found also where the body is no JSON, which is said of its messages', () => {
    for (const body of ['{"api_key":"k","batch":[],}', '{"api_key":"k"},{"event":"e"}', '{"api_key":"k"} x']) {
      expect(opened(body).key(), body).to.equal('k');
      expect(opened(body).messages(), body).to.include({ reason: 'malformed' });
    }
  });

  it('is not looked for in a million messages that are none', () => {
    const envelope = opened(`[${'x,'.repeat(1_000_000)}x]`);
    const started = performance.now();
    expect(envelope.key()).to.equal(undefined);
    expect(performance.now() - started).to.be.below(1000);
  });
});

describe('The messages of a body', () => {
  it('are the exact texts that came', () => {
    expect(messagesOf('{"batch":[ {"n":1.0} ,2],"api_key":"k"}')).to.equal('[ {"n":1.0} ,2]');
    expect(messagesOf('[ {"n":1.0} ]')).to.equal('[ {"n":1.0} ]');
    expect(messagesOf('{"n":1.0}')).to.equal('[{"n":1.0}]');
    expect(messagesOf('{"batch":{"n":1.0}}')).to.equal('[{"batch":{"n":1.0}}]');
  });

  it('are none where there is no JSON around them, or batch is there twice', () => {
    for (const body of ['', ' ', 'x', '{"batch":[],"batch":[]}', `{"batch":[],"a":${deep(101)}}`]) {
      expect(messagesOf(body), body.slice(0, 40)).to.equal(undefined);
    }
  });
});
