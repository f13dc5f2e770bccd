import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { AppError } from '../../server/common/errors.ts';
import { loadPayloadSchemas } from '../../server/schemas.ts';
import { failure } from '../support/http/outcome.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';

const NO_MEMBERS = { text: '{}', members: 0 };

describe('loadPayloadSchemas', () => {
  let directory: TempDir;

  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(async () => directory.remove());

  const write = async (file: string, content: unknown) => {
    const target = path.join(directory.path, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, typeof content === 'string' ? content : JSON.stringify(content));
  };
  const load = () => loadPayloadSchemas(directory.path);

  it('finds a schema by category and name, also with spaces and what a file name cannot hold', async () => {
    await write('page interaction/cta click.json', { required: ['a'] });
    await write('a%2Fb/c%25.json', { required: ['b'] });
    await write('.hidden/x', 'not a schema');
    const check = await load();
    const paths = (category: string, name: string) =>
      check({ category, name }, {}, NO_MEMBERS).map((each) => each.path);
    expect(paths('page interaction', 'cta click')).to.deep.equal(['data.a']);
    expect(paths('a/b', 'c%')).to.deep.equal(['data.b']);
    expect(paths('page interaction', 'other')).to.deep.equal([]);
    expect(paths('__proto__', 'toString')).to.deep.equal([]);
  });

  it('reads the schemas that come with the project', async () => {
    const check = await loadPayloadSchemas('schemas');
    for (const [category, name] of [
      ['page interaction', 'pageview'],
      ['page interaction', 'cta click'],
      ['form interaction', 'submit'],
      ['meetup', 'rsvp'],
    ] as const) {
      expect(check({ category, name }, {}, NO_MEMBERS), `${category}/${name}`).not.to.have.length(0);
    }
  });

  const broken: readonly [string, unknown, string][] = [
    ['c/n.json', '{', 'expected JSON'],
    ['c/n.json', '[]', 'a schema is a JSON object'],
    ['c/n.json', { type: 'text' }, 'no JSON Schema'],
    ['c/n.json', { reqired: ['a'] }, 'reqired'],
    ['c/n.json', { $ref: 'https://example.com/schema.json' }, 'example.com'],
    ['c/n.json', { $schema: 'http://json-schema.org/draft-07/schema#' }, 'draft-07'],
    ['c/n.json', { format: 'nonsense' }, 'nonsense'],
    ['c/n.json', { $async: true }, '$async'],
    ['c/n.yaml', '', 'ended by .json'],
    ['c/n.json/x.json', {}, 'expected a file'],
    ['n.json', {}, 'expected a folder'],
    ['c/100%.json', {}, 'percent'],
  ];
  for (const [file, content, reason] of broken) {
    it(`names the file that is none and says why: ${file} ${JSON.stringify(content)}`, async () => {
      await write(file, content);
      const error = await failure(load());
      expect(error).to.be.instanceOf(AppError);
      expect(String(error)).to.contain(file.replace('/x.json', '')).and.contain(reason);
    });
  }

  it('says so when there is no such directory', async () => {
    const missing = path.join(directory.path, 'missing');
    expect(String(await failure(loadPayloadSchemas(missing)))).to.contain(missing);
  });
});
