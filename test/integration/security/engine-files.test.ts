import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { choosePorts } from '../../../clickhouse/embedded/free-ports.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { Closing } from '../../../server/closing.ts';
import { migrate } from '../../../server/migrate/migrator.ts';
import { keptLog, silentLog } from '../../support/logs.ts';
import { ask } from '../../support/http/ask.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { tempDir } from '../../support/temp-dir.ts';

const SECRET = 'only for the owner of this account';
const MAX_PARENTS = 40;

describe('The files that SQL can read through the embedded engine', function () {
  this.timeout(60_000);
  let engine: Engine;
  let dataDir: string;
  let directory: string;
  let outside: string;
  const closing = new Closing();

  before(async function () {
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    outside = path.join(temporary.path, 'secret.txt');
    await writeFile(outside, SECRET);
    dataDir = path.join(temporary.path, 'data');
    directory = path.join(dataDir, 'clickhouse');
    const { log, lines } = keptLog();
    engine = await startEngine({ directory, log, database: 'analytics' });
    closing.add('engine', () => engine.close());
    // Where it cannot be done, the start says so, and there is nothing to hold.
    if (lines.some(({ reason }) => /no Landlock|too old/.test(String(reason)))) this.skip();
    await migrate({ endpoint: engine.endpoint, database: 'analytics', log: silentLog });
    await symlink(outside, path.join(directory, 'data', 'link.txt'));
    await symlink('/proc', path.join(directory, 'data', 'proc'));
    await writeFile(path.join(directory, 'data', 'inside.txt'), 'inside');
  });
  after(() => closing.close());

  it('are those below its data: nothing else of this account, by whatever path', async () => {
    const up = '../'.repeat(MAX_PARENTS);
    const paths = [
      outside,
      `${up}${outside}`,
      `${directory}/data/../../../secret.txt`,
      `${directory}/data/link.txt`,
      '/etc/passwd',
      `${up}etc/passwd`,
      process.execPath.replace(/[^/]+$/, '../../etc/passwd'),
      '/proc/self/environ',
      `/proc/${process.pid}/environ`,
      `/proc/${process.pid}/cmdline`,
      `/proc/${process.pid}/cwd/package.json`,
      `/proc/${process.pid}/root/etc/passwd`,
      `/proc/${engine.pid}/environ`,
      `/proc/${engine.pid}/root/etc/passwd`,
      `/proc/${engine.pid}/task/${engine.pid}/root/etc/passwd`,
      `/proc/self/cwd/../../secret.txt`,
      `${directory}/data/proc/${process.pid}/environ`,
      '/dev/mem',
      path.join(projectRoot, 'package-lock.json'),
      path.join(projectRoot, '.git'),
      path.join(directory, 'passwords.json'),
      path.join(directory, 'engine.json'),
      path.join(directory, 'logs', 'engine.log'),
    ];
    for (const role of ['admin', 'analyst', 'query', 'ingest'] as const) {
      for (const file of paths) {
        const problem = await failure(ask(engine.endpoint, role, read(file)));
        expect(String(problem), `${role} ${file}`).to.match(
          /Permission denied|No such file|doesn't exist|Not a directory/,
        );
      }
      expect(await ask(engine.endpoint, role, read(`${directory}/data/inside.txt`)), role).to.equal('inside');
    }
  });

  it('hold nothing of the environment of the service', async () => {
    const environment = await ask(engine.endpoint, 'analyst', read(`/proc/self/task/${engine.pid}/environ`));
    const names = environment.split('\\0').map((pair) => pair.split('=')[0]);
    expect(names.filter((name) => name !== '')).to.have.members(['TZ', 'PATH', 'OPENSSL_CONF', 'JE_MALLOC_CONF']);
  });

  it('are as few for npm run sql', async () => {
    for (const file of [outside, '/proc/self/environ', `/proc/${process.pid}/environ`, '/etc/passwd']) {
      const options = { database: 'analytics', endpoint: engine.endpoint };
      const { exitCode, stdout, stderr } = await runProgram('server/cli/sql.js', [read(file)], options);
      expect(exitCode, stderr).not.to.equal(0);
      expect(stdout + stderr)
        .to.include('Permission denied')
        .and.not.include(SECRET)
        .and.not.include('root:');
    }
  });

  it('do not keep it from a backup below its data', async () => {
    const answer = await ask(engine.endpoint, 'admin', "BACKUP DATABASE analytics TO File('one')");
    expect(answer).to.include('BACKUP_CREATED');
    const elsewhere = `BACKUP DATABASE analytics TO File('${path.dirname(outside)}/two')`;
    expect(await failure(ask(engine.endpoint, 'admin', elsewhere))).to.be.instanceOf(Error);
  });

  it('can be all of this account where the kernel has no Landlock: it starts, and says so', async () => {
    const preload = path.join(dataDir, 'no-landlock.cjs');
    await writeFile(preload, withoutLandlock(createRequire(import.meta.url).resolve('ffi-rs')));
    const program = path.join(projectRoot, '.build/clickhouse/embedded/engine-process.js');
    const config = path.join(directory, 'config', 'config.xml');
    const other = path.join(dataDir, 'other');
    const { http } = await choosePorts({ http: 0 });
    const child = spawn(
      process.execPath,
      ['--require', preload, program, config, other, other, '127.0.0.1', String(http)],
      { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] },
    );
    try {
      const said = await text(child.stdio[3] as Readable);
      expect(said).to.match(/^this kernel has no Landlock: Function not implemented/);
      const endpoint = { ...engine.endpoint, urls: [`http://127.0.0.1:${http}`] as const };
      // Which also shows that the test above could fail.
      await eventually(async () => expect(await ask(endpoint, 'analyst', read(outside))).to.equal(SECRET), 30_000);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

function read(file: string): string {
  return `SELECT file('${file}')`;
}

/** What a kernel without it answers, ENOSYS, to the one question whether there is any. */
function withoutLandlock(ffi: string): string {
  return `const ffi = require(${JSON.stringify(ffi)});
const { load } = ffi;
const answer = { value: -1, errnoCode: 38, errnoMessage: 'Function not implemented (os error 38)' };
Object.defineProperty(ffi, 'load', {
  value: (call) => (call.funcName === 'syscall' && call.paramsValue[0] === 444 ? answer : load(call)),
});
`;
}
