import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { projectRoot } from '../../../server/common/project-root.ts';
import { eventually } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const FOLDERS = ['bench', 'clickhouse', 'dashboard', 'migrations', 'server', 'snippet', 'test', 'bin'];

/** Installs a compiler that writes the program, and takes its time; both say when they begin and end. */
const NPM = `#!/usr/bin/env node
const { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
appendFileSync('log', 'install\\n');
appendFileSync('pids', process.pid + '\\n');
rmSync('node_modules', { recursive: true, force: true });
setTimeout(() => {
  mkdirSync('node_modules/typescript/bin', { recursive: true });
  cpSync('tsc', 'node_modules/typescript/bin/tsc');
  writeFileSync('node_modules/.package-lock.json', '{}');
  appendFileSync('log', 'installed\\n');
}, 700);
`;
const TSC = `const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('log', 'compile\\n');
mkdirSync('.build', { recursive: true });
writeFileSync('.build/program.js', 'console.log("it runs")');
`;

describe('The first command in a fresh clone', function () {
  this.timeout(30_000);
  let clone: TempDir;

  beforeEach(async () => {
    clone = await tempDir();
    for (const folder of FOLDERS) await mkdir(path.join(clone.path, folder));
    await cp(path.join(projectRoot, 'scripts'), path.join(clone.path, 'scripts'), { recursive: true });
    const files = {
      'package.json': '{}',
      'package-lock.json': '{}',
      'tsconfig.json': '{}',
      'scripts/build-dashboard.mjs': '',
      'scripts/build-snippet.mjs': '',
      'scripts/bundle-server.mjs': '',
      tsc: TSC,
      'bin/npm': NPM,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(clone.path, name), content);
    await chmod(path.join(clone.path, 'bin/npm'), 0o755);
  });

  afterEach(() => clone.remove());

  const read = async (name: string) => readFile(path.join(clone.path, name), 'utf8').catch(() => '');
  const start = (args = ['program.js']) => {
    const env = { ...process.env, PATH: `${path.join(clone.path, 'bin')}:${process.env['PATH']}` };
    const command = spawn(process.execPath, ['scripts/run.mjs', ...args], { cwd: clone.path, env });
    const outcome = Promise.all([text(command.stdout), text(command.stderr), once(command, 'close')]);
    return { command, outcome: outcome.then(([out, words, [status]]) => ({ out, words, status: status as unknown })) };
  };
  const begun = async () => eventually(async () => expect(await read('log')).to.equal('install\n'));
  const WHOLE = 'install\ninstalled\ncompile\ncompile\ncompile\n';

  it('installs and builds, and others at the same time wait for that and say so', async () => {
    const outcomes = await Promise.all([start(), start(), start()].map(async ({ outcome }) => outcome));
    for (const { status, out } of outcomes) expect([status, out]).to.deep.equal([0, 'it runs\n']);
    expect(outcomes.filter(({ words }) => words.includes('Another command is installing'))).to.have.length(2);
    expect(await read('log')).to.equal(WHOLE);
  });

  it('is waited for no longer when it was killed, but for the npm that goes on without it', async () => {
    const first = start();
    await begun();
    first.command.kill('SIGKILL');
    const { status } = await start().outcome;
    await first.outcome;
    expect([status, await read('log')]).to.deep.equal([0, WHOLE]);
  });

  it('leaves nothing to wait for when all of it was killed', async () => {
    const first = start();
    await begun();
    const installer = async () => Number(await read('pids'));
    // 0 would be everything that runs these tests.
    await eventually(async () => expect(await installer()).to.be.above(0));
    first.command.kill('SIGKILL');
    process.kill(await installer(), 'SIGKILL');
    await first.outcome;
    const { status } = await start().outcome;
    expect([status, await read('log')]).to.deep.equal([0, `install\n${WHOLE}`]);
  });

  it('waits for nothing that is from before the machine was started, or that others put there', async () => {
    const turns = path.join(clone.path, '.build/turns');
    await mkdir(turns, { recursive: true });
    for (const [name, content] of Object.entries({ 7: String(process.pid), '.DS_Store': '' }))
      await writeFile(path.join(turns, name), content);
    const before = new Date(Date.now() - os.uptime() * 1000 - 60_000);
    await utimes(path.join(turns, '7'), before, before);
    const { status, words } = await start().outcome;
    expect([status, words, await read('log')]).to.deep.equal([0, '', WHOLE]);
  });

  it('says how to test, and refuses to test what it does not know, before it installs anything', async () => {
    const help = await start(['test', '--help']).outcome;
    const wrong = await start(['test', '--grpe', 'x']).outcome;
    expect([help.status, help.out.split(' [')[0]]).to.deep.equal([0, 'Usage: npm test']);
    expect([wrong.status, wrong.words.includes("'--grpe'"), wrong.out]).to.deep.equal([2, true, '']);
    expect(await read('log')).to.equal('');
  });

  it('may be the one that only builds', async () => {
    const { status, words } = await start(['build']).outcome;
    expect([status, await read('log')], words).to.deep.equal([0, WHOLE]);
  });

  it('is followed by others that neither install nor wait', async () => {
    await start().outcome;
    const { status, words } = await start().outcome;
    expect([status, words, await read('log')]).to.deep.equal([0, '', WHOLE]);
  });
});
