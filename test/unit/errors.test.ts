import { expect } from 'chai';
import { AppError, invalid, messageOf, show } from '../../server/common/errors.ts';

describe('show', () => {
  it('quotes what came, so that its ends can be seen', () => {
    expect(show(' a"\n')).to.equal('" a\\"\\n"');
    expect(show(['a', 'b'])).to.equal('["a","b"]');
    expect(show(undefined)).to.equal('nothing');
  });

  it('cuts what is long, and says how many characters came', () => {
    expect(show('a'.repeat(78))).to.equal(`"${'a'.repeat(78)}"`);
    expect(show('a'.repeat(79))).to.equal(`"${'a'.repeat(79)}… (79 characters)`);
  });

  it('does not cut a character in two, and counts it once', () => {
    for (const start of ['', 'a']) {
      const shown = show(start + '🦊'.repeat(300));
      expect(shown).to.match(new RegExp(`^"${start}(🦊)+… \\(${300 + start.length} characters\\)$`, 'u'));
    }
  });
});

describe('invalid', () => {
  it('keeps its findings and says them in one sentence', () => {
    const issues = [
      { path: 'a', message: 'received 1, expected 2' },
      { path: 'b', message: 'received nothing, expected a value' },
    ];
    const error = invalid(issues);
    expect(error).to.be.instanceOf(AppError);
    expect(error.code).to.equal('invalid');
    expect(error.issues).to.deep.equal(issues);
    expect(error.message).to.equal('a: received 1, expected 2; b: received nothing, expected a value');
  });
});

describe('messageOf', () => {
  it('is the message of an error and the text of anything else', () => {
    expect(messageOf(new TypeError('no'))).to.equal('no');
    expect(messageOf('no')).to.equal('no');
    expect(messageOf(undefined)).to.equal('undefined');
  });

  it('is the messages of all that were joined without one, as of the two addresses of a name', () => {
    const refused = ['ECONNREFUSED ::1:8080', 'ECONNREFUSED 127.0.0.1:8080'].map((message) => new Error(message));
    expect(messageOf(new AggregateError(refused))).to.equal('ECONNREFUSED ::1:8080; ECONNREFUSED 127.0.0.1:8080');
    expect(messageOf(new AggregateError(refused, 'neither'))).to.equal('neither');
  });
});
