import { expect } from 'chai';
import { pino } from 'pino';
import { readableLine } from '../../../server/common/readable-line.ts';

/** What a person reads of what is logged. */
function shown(log: (logger: ReturnType<typeof pino>) => void): string {
  let text = '';
  log(pino({ level: 'trace', base: { pid: 1 } }, { write: (line) => (text += readableLine(line)) }));
  return text;
}

describe('A line of the log on a terminal', () => {
  it('has the time, the level, what is said, and what belongs to it', () => {
    const text = shown((log) => log.info({ events: 312, files: ['a'] }, 'stopping: shipping 312 events…'));
    expect(text).to.match(/^\d\d:\d\d:\d\d INFO  stopping: shipping 312 events… events=312 files=\[ 'a' \]\n$/);
  });

  it('shows the stack of an error on lines of its own', () => {
    const lines = shown((log) => log.error({ err: new Error('no disk') }, 'failed')).split('\n');
    expect(lines[0]).to.match(/ERROR failed$/);
    expect(lines[1]).to.equal('    Error: no disk');
    expect(lines[2]).to.match(/^ {4}at /);
  });

  it('does not hand control characters of a stored text on to the terminal', () => {
    expect(shown((log) => log.warn({ reason: '\u001b[2J\u0007' }, 'x\u009b'))).to.match(
      /x\\x9b reason=\\x1b\[2J\\x07\n$/,
    );
  });
});
