import { expect } from 'chai';
import { parseDataCondition, parseDataPath, parseDataPaths } from '../../../server/events/data/data-path.ts';
import { thrownBy } from '../../support/thrown.ts';

const LONGEST = 'x'.repeat(64);

/** What looks like a path, or tries to be more than one. */
const HOSTILE_PATHS: readonly string[] = [
  '',
  'data',
  'data.',
  '.data.a',
  'data..a',
  'data.a.',
  'event.id',
  'Data.a',
  'payload.a',
  ' data.a',
  'data.a ',
  'data.a\n',
  'data.a\0',
  'data.1a',
  'data.-a',
  'data.a[0]',
  'data.é',
  'data.＿',
  'data.a`',
  'data."a"',
  "data.a'",
  "data.a') OR 1=1 --",
  "data.a','b",
  'data.a\\',
  'data.{by_0:String}',
  'data.a/*',
  'data.a;SELECT',
  'data.a,data.b',
  'data.a:b',
  'data.%61',
  'data.a$`',
  'data.*',
  `data.${LONGEST}x`,
  `data${'.a'.repeat(11)}`,
  `data${'.a'.repeat(100_000)}`,
];

const issueOf = (act: () => unknown) => thrownBy(act).issues[0];

function read(text: string): string[] {
  const { path, value } = parseDataCondition(text);
  return [path.text, value];
}

describe('parseDataPath', () => {
  it('gives the members on the way, outermost first', () => {
    expect(parseDataPath('data.a', 'by')).to.deep.equal({ text: 'data.a', members: ['a'] });
    expect(parseDataPath('data.event.event_id', 'by').members).to.deep.equal(['event', 'event_id']);
    expect(parseDataPath('data._.A0.__proto__.data', 'by').members).to.deep.equal(['_', 'A0', '__proto__', 'data']);
    expect(parseDataPath('data.$set.plan-name.$', 'by').members).to.deep.equal(['$set', 'plan-name', '$']);
  });

  it('takes ten members of 64 characters', () => {
    const text = `data${`.${LONGEST}`.repeat(10)}`;
    expect(parseDataPath(text, 'by').members).to.deep.equal(Array(10).fill(LONGEST));
  });

  for (const text of HOSTILE_PATHS) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      const issue = issueOf(() => parseDataPath(text, 'unique'));
      expect(issue?.path).to.equal('unique');
      expect(issue?.message).to.match(/^received ".*, expected data followed by 1 to 10 names/);
    });
  }
});

describe('parseDataCondition', () => {
  it('takes everything after the first colon as the value', () => {
    expect(read('data.a:b')).to.deep.equal(['data.a', 'b']);
    expect(read('data.url:http://x:80/?q=a,b')).to.deep.equal(['data.url', 'http://x:80/?q=a,b']);
    expect(read("data.a:' OR {x:String} \n")).to.deep.equal(['data.a', "' OR {x:String} \n"]);
    expect(read('data.a:')).to.deep.equal(['data.a', '']);
    expect(read('data.a::')).to.deep.equal(['data.a', ':']);
  });

  it('refuses what has no colon, or no path before it', () => {
    expect(issueOf(() => read('data.a'))).to.deep.equal({
      path: 'where',
      message: 'received "data.a", expected path:value',
    });
    for (const text of [':', ':data.a', 'a:b', 'data:b', 'data.a :b', "data.a'):b"]) {
      expect(issueOf(() => read(text))?.message, text).to.contain('expected data followed by');
    }
  });
});

describe('parseDataPaths', () => {
  it('reads paths with commas between them, each once', () => {
    const paths = parseDataPaths('data.a.b,data.c,data.a.b');
    expect(paths.map(({ text }) => text)).to.deep.equal(['data.a.b', 'data.c']);
  });

  it('refuses a list of which one is no path', () => {
    for (const text of ['', ',', 'data.a,', ',data.a', 'data.a,,data.b', 'data.a, data.b', 'data.a,b']) {
      expect(issueOf(() => parseDataPaths(text))?.path, text).to.equal('show');
    }
  });
});
