import { expect } from 'chai';
import { onlyName, originOption, readArguments, UsageError, wholeOption } from '../../../server/cli/command.ts';

const COUNT = { min: 1, max: 10 };

function read(...args: string[]) {
  const options = {
    events: { type: 'string' },
    url: { type: 'string' },
    name: { type: 'string', multiple: true },
  } as const;
  return readArguments({ args, options }).values;
}

describe('command line arguments', () => {
  it('are read as numbers and addresses', () => {
    const { events, url, name } = read('--events', '5', '--url=https://h:1/', '--name', 'a', '--name', 'b');
    expect(wholeOption('events', events, COUNT)).to.equal(5);
    expect(originOption(url)).to.equal('https://h:1');
    expect(name).to.deep.equal(['a', 'b']);
  });

  it('fall back when they are not given', () => {
    expect(wholeOption('events', undefined, { ...COUNT, fallback: 3 })).to.equal(3);
    expect(originOption(undefined)).to.equal('http://127.0.0.1:8080');
  });

  it('are refused with what came and what was expected', () => {
    expect(() => read('--event', '5')).to.throw(
      UsageError,
      'received "--event", expected --events, --url, --name, --help; did you mean --events?',
    );
    expect(() => read('--events')).to.throw(TypeError, 'argument missing');
    expect(() => read('5')).to.throw(TypeError, "Unexpected argument '5'");
    expect(() => read('--url', 'http://a', '--url', 'http://b')).to.throw(
      UsageError,
      '--url: received it more than once',
    );
    for (const given of ['0', '11', '1e1', '-1', '', '1.0']) {
      expect(() => wholeOption('events', given, COUNT)).to.throw(
        UsageError,
        `--events: received "${given}", expected a whole number from 1 to 10`,
      );
    }
    expect(() => wholeOption('events', undefined, COUNT)).to.throw(
      '--events: received nothing, expected a whole number',
    );
    const addresses = ['h:1', 'ftp://h', 'http://h/path', 'http://h/?a=1', 'http://h/#a', 'http://user:secret@h', ''];
    for (const url of addresses) {
      expect(() => originOption(url), url).to.throw(UsageError, 'expected http://HOST:PORT or https://HOST:PORT');
    }
  });

  it('name one thing', () => {
    expect(onlyName('DIR', ['copy'])).to.equal('copy');
    expect(() => onlyName('DIR', [''])).to.throw(UsageError, 'DIR: received "", expected one name');
    expect(() => onlyName('DIR', [])).to.throw(UsageError, 'DIR: received 0 names, expected one name');
    expect(() => onlyName('DIR', ['a', 'b'])).to.throw(UsageError, 'DIR: received 2 names, expected one name');
  });

  it('do not show a password', () => {
    expect(() => originOption('http://user:secret@h')).to.throw(/^--url: received "…@h", expected/);
  });
});
