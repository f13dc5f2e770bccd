import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { programFile } from '../../../server/common/project-root.ts';
import { startServer, type ServerProcess } from '../../support/server/server-process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const HOUR_MS = 3_600_000;

/** With the embedded engine, as on a laptop: nothing but npm. */
describe('npm run backup, while events arrive at a server with the embedded engine', () => {
  let directory: TempDir;
  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(() => directory.remove());

  const data = (name: string) => path.join(directory.path, name);

  it('has every event that was acknowledged before, none twice, and what is counted agrees', async function () {
    this.timeout(400_000);
    const timestamp = Date.now() - 2 * HOUR_MS;
    let first: ServerProcess | undefined = await startServer({ DATA_DIR: data('a') });
    let acknowledged = 0;
    const copies: { before: number; after: number; name: string }[] = [];
    try {
      const { url } = first;
      const done = new AbortController();
      const post = async () => {
        while (!done.signal.aborted) {
          const response = await fetch(
            `${url}/analytics?timestamp=${timestamp + (acknowledged % 1000)}&user=u${acknowledged % 50}&click`,
            { method: 'POST' },
          );
          if (response.status === 204) acknowledged += 1;
        }
      };
      const posting = Promise.all([post(), post(), post()]);
      await waitFor(() => acknowledged > 200);
      // Not spawnSync: the events come from this process.
      for (const name of ['copy-1', 'copy-2']) {
        const before = acknowledged;
        const { exitCode, output } = await runBeside('backup', data('a'), path.join(directory.path, name));
        expect(exitCode, output).to.equal(0);
        copies.push({ before, after: acknowledged, name });
      }
      done.abort();
      await posting;
    } finally {
      await first.stop();
      first = undefined;
    }
    for (const { before, after, name } of copies) {
      const restored = data(`from-${name}`);
      const { status, stdout, stderr } = run('restore', restored, path.join(directory.path, name));
      expect(status, stdout + stderr).to.equal(0);
      const second = await startServer({ DATA_DIR: restored });
      try {
        let clicks = -1;
        for (let last = -2; clicks !== last || clicks < before;) {
          last = clicks;
          await new Promise((resolve) => setTimeout(resolve, 1500));
          const response = await fetch(`${second.url}/analytics?timestamp=${timestamp}`, {
            headers: { 'Cache-Control': 'no-cache' },
          });
          clicks = Number(/clicks,(\d+)/.exec(await response.text())?.[1]);
        }
        expect(clicks)
          .to.be.at.least(before)
          .and.at.most(after + 3);
        const verified = run('verify', restored);
        expect(verified.status, verified.stdout + verified.stderr).to.equal(0);
      } finally {
        await second.stop();
      }
    }
    const refused = run('restore', data('a'), path.join(directory.path, 'copy-1'));
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('--replace');
    const replaced = run('restore', data('a'), path.join(directory.path, 'copy-1'), '--replace');
    expect(replaced.status, replaced.stderr).to.equal(0);
    expect(run('verify', data('a')).status).to.equal(0);
  });
});

async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function run(program: string, dataDir: string, ...args: string[]) {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir };
  const file = programFile(`server/cli/${program}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

async function runBeside(program: string, dataDir: string, ...args: string[]) {
  const env = { PATH: process.env['PATH'], DATA_DIR: dataDir };
  const child = spawn(process.execPath, [programFile(`server/cli/${program}.js`), ...args], { env });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, output };
}
