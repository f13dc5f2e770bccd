import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../../server/common/project-root.ts';
import { getJson, type ShownPage } from '../../support/http/pages.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);

/** The generator, with a TypeScript of its own. */
const GENERATOR = path.join(
  path.dirname(
    createRequire(path.join(projectRoot, 'test/clients/openapi/package.json')).resolve(
      'openapi-typescript/package.json',
    ),
  ),
  'bin/cli.js',
);
const COMPILER = path.join(projectRoot, 'node_modules/typescript/bin/tsc');
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2023', '--module', 'nodenext'];

/** What a person writes with the client; what must not compile says so. */
const PROGRAM = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const client = createClient<paths>({ baseUrl: process.argv[2] ?? '' });
const data = { text: 'x', nested: { list: [1, 'two', null, { deep: true }] }, 'any key': -1.5e-7 };

const one = await client.POST('/events', { body: { name: 'generated', data } });
const bare = await client.POST('/events', { body: { name: 'generated' } });
const many = await client.POST('/events', {
  body: [{ name: 'generated', data: {}, timestamp: Date.now(), session_id: 's' }, { name: 'generated', user: 'ada' }],
});
const accepted = [one, bare, many].map((sent) => sent.data?.accepted);

const page = await client.GET('/events', { params: { query: { name: 'generated', limit: 10 } } });
const names: string[] | undefined = page.data?.events.map((event) => event.name);

// @ts-expect-error an event without a name
const nameless = { body: { data } } satisfies Parameters<typeof client.POST<'/events', never>>[1];
// @ts-expect-error a parameter that is not known
await client.GET('/events', { params: { query: { nam: 'x' } } });
// @ts-expect-error a path that is not known
await client.GET('/event', {});

console.log(JSON.stringify({ accepted, names }));
`;

describe('A client that openapi-typescript makes of the OpenAPI document', function generated() {
  this.timeout(300_000);
  let service: TestApp;
  let directory: TempDir;

  before(async () => {
    service = await startTestApp();
    directory = await tempDir();
  });
  after(async () => {
    await service.remove();
    await directory.remove();
  });

  it('compiles in strict mode, and sends events with any data', async () => {
    const cwd = directory.path;
    await symlink(path.join(projectRoot, 'node_modules'), path.join(cwd, 'node_modules'));
    await writeFile(path.join(cwd, 'package.json'), '{ "type": "module" }');
    await writeFile(path.join(cwd, 'openapi.json'), await (await fetch(`${service.url}/openapi.json`)).text());
    await writeFile(path.join(cwd, 'program.ts'), PROGRAM);
    await run(process.execPath, [GENERATOR, 'openapi.json', '--output', 'schema.d.ts'], { cwd });
    await run(process.execPath, [COMPILER, ...STRICT, '--types', 'node', 'program.ts'], { cwd }).catch(
      ({ stdout }: { stdout: string }) => expect.fail(stdout),
    );
    const { stdout } = await run(process.execPath, ['program.js', service.url], { cwd });
    expect(JSON.parse(stdout)).to.have.property('accepted').that.deep.equals([1, 1, 2]);
    await eventually(async () => {
      const { events } = await getJson<ShownPage>(`${service.url}/events?name=generated`);
      expect(events).to.have.length(4);
      expect(events.map(({ data }) => data)).to.deep.include({
        text: 'x',
        nested: { list: [1, 'two', null, { deep: true }] },
        'any key': -1.5e-7,
      });
    });
  });
});
