import { expect } from 'chai';
import { type Arguments, readArguments, refusePositionals, urlFlag, wholeFlag } from '../../../bench/command.ts';

const COUNT = { min: 1, max: 10 };

describe('command line arguments', () => {
  it('are read as names with values, and positionals', () => {
    const args = readArguments(['file.csv', '--events', '5', '--url=http://h:1/'], ['events', 'url']);
    expect(args.positionals).to.deep.equal(['file.csv']);
    expect(wholeFlag(args, 'events', COUNT)).to.equal(5);
    expect(urlFlag(args, 'http://h:3')).to.equal('http://h:1');
  });

  it('fall back when they are not given', () => {
    const args = readArguments([], ['events', 'url']);
    expect(wholeFlag(args, 'events', { ...COUNT, fallback: 3 })).to.equal(3);
    expect(urlFlag(args, 'http://127.0.0.1:8080')).to.equal('http://127.0.0.1:8080');
  });

  it('are refused with what came and what was expected', () => {
    expect(() => read('--event', '5')).to.throw(
      'arguments: received "--event", expected --events, --url, --help; did you mean --events?',
    );
    expect(() => read('--events')).to.throw('--events: received nothing, expected a value');
    expect(() => refusePositionals(read('5'))).to.throw('arguments: received "5", expected only --name value');
    for (const [given, shown] of [
      ['0', '"0"'],
      ['11', '"11"'],
      ['1e1', '"1e1"'],
      ['-1', '"-1"'],
    ] as const) {
      expect(() => wholeFlag(read(`--events=${given}`), 'events', COUNT)).to.throw(
        `--events: received ${shown}, expected a whole number from 1 to 10`,
      );
    }
    expect(() => wholeFlag(read(), 'events', COUNT)).to.throw('--events: received nothing, expected a whole number');
    expect(() => wholeFlag(read('--events', '1', '--events', '2'), 'events', COUNT)).to.throw(
      '"1 2", expected it once',
    );
    for (const url of ['h:1', 'ftp://h', 'http://h/path', 'http://user:secret@h']) {
      expect(() => urlFlag(read('--url', url), '')).to.throw('expected http://HOST:PORT');
    }
  });

  it('do not show a password', () => {
    expect(() => urlFlag(read('--url', 'http://user:secret@h'), '')).to.throw(
      /^--url: received "http:\/\/h", expected/,
    );
  });
});

function read(...args: string[]): Arguments {
  return readArguments(args, ['events', 'url']);
}
