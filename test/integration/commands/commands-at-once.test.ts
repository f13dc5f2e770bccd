import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runningEngine } from '../../../clickhouse/embedded/embedded.ts';
import { Closing } from '../../../server/closing.ts';
import { programFile } from '../../../server/common/project-root.ts';
import { tempDir } from '../../support/temp-dir.ts';

const OWNER = fileURLToPath(new URL('../../support/clickhouse/engine-owner-process.js', import.meta.url));

describe('Commands that run at once, each with an embedded engine of its own', () => {
  let closing: Closing;
  let dataDir: string;

  beforeEach(async () => {
    closing = new Closing();
    const made = await tempDir();
    closing.add('directory', () => made.remove());
    dataDir = made.path;
  });
  afterEach(async () => closing.close());

  function start(file: string, ...args: string[]): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [file, ...args], { env: { PATH: process.env['PATH'], DATA_DIR: dataDir } });
    closing.add('process', async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    return child;
  }

  async function migrate() {
    const child = start(programFile('server/cli/migrate.js'));
    const said = text(child.stderr);
    return [await once(child, 'close'), await said] as const;
  }

  it('come one after the other: none uses the engine of another, which would end under it', async () => {
    const directory = path.join(dataDir, 'clickhouse');
    const first = start(OWNER, directory, 'alone');
    await once(first.stdout, 'data');
    expect(await runningEngine(directory)).to.equal(undefined);
    const second = start(programFile('server/cli/migrate.js'));
    const answered = text(second.stdout);
    const [said] = (await once(second.stderr, 'data')) as [Buffer];
    expect(said.toString()).to.match(
      new RegExp(`^Waiting: .* in use by the command with the process ${first.pid}: wait .*`),
    );
    expect(second.exitCode).to.equal(null);
    first.stdin.end();
    expect(await once(second, 'close')).to.deep.equal([0, null]);
    expect(await answered).to.include('applied');
  }).timeout(60_000);

  it('are safe also when they begin together: npm run migrate, twice', async () => {
    for (const [ended, said] of await Promise.all([migrate(), migrate()])) expect(ended, said).to.deep.equal([0, null]);
  }).timeout(120_000);
});
