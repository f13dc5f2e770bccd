import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { programFile } from '../../../server/common/project-root.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { QUIET_SERVER, startServer } from '../../support/server/server-process.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('A service that cannot start as it is told to', function starting() {
  this.timeout(60_000);
  let closing: Closing;
  let directory: string;

  beforeEach(async () => {
    closing = new Closing();
    const made = await tempDir();
    closing.add('directory', () => made.remove());
    directory = made.path;
  });
  afterEach(async () => closing.close());

  interface Ended {
    readonly exitCode: number;
    readonly stdout: string;
    readonly stderr: string;
  }

  /** With the embedded engine, unless it is told otherwise. */
  async function ended(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
    return await new Promise((resolve) => {
      const options = { env: { ...QUIET_SERVER, DATA_DIR: path.join(directory, 'data'), ...env }, cwd: directory };
      execFile(process.execPath, [programFile('server/main.js'), ...args], options, (error, stdout, stderr) => {
        resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  }

  for (const workers of ['1', '2']) {
    it(`says that the port is in use, and starts no engine for that (WORKERS=${workers})`, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      closing.add('port', () => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { exitCode, stderr } = await ended({ PORT: String(port), WORKERS: workers });
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(new RegExp(`^PORT: ${port} of 127.0.0.1 is in use, .*another PORT.*\\n$`));
      expect(existsSync(path.join(directory, 'data'))).to.equal(false);
    });
  }

  it('says what to do when the cluster of another program starts it', async () => {
    const primary =
      "const c = require('cluster'); c.setupPrimary({ exec: process.argv[1], execArgv: [] }); c.fork(); c.on('exit', (_, code) => process.exit(code));";
    const args = ['-e', primary, programFile('server/main.js')];
    const { status, stderr } = spawnSync(process.execPath, args, {
      env: { ...QUIET_SERVER, DATA_DIR: path.join(directory, 'data') },
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^WORKERS: received a process of another program's cluster.*set WORKERS=N.*\n$/);
  });

  it('says that HOST is no address of this machine', async () => {
    const { exitCode, stderr } = await ended({ HOST: 'nope', ALLOW_ANONYMOUS: '1' });
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^HOST: received "nope" \(\w+\), expected an address of this machine, such as .*\n$/);
  });

  it('says that DATA_DIR is a file, or below one, or cannot be written', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    const places = [file, path.join(file, 'below'), ...(process.platform === 'linux' ? ['/proc/nowhere'] : [])];
    for (const dataDir of places) {
      const { exitCode, stderr } = await ended({ DATA_DIR: dataDir });
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(
        /^DATA_DIR: \S+ (is a file or below one|cannot be written \(.*\)), expected a folder .*\n$/,
      );
      expect(stderr).to.include(dataDir);
    }
  });

  it('says that the disk is full, that nothing is lost, and what to do', async function () {
    // Only who may mount file systems has one that is full.
    for (const options of ['nr_inodes=2', 'size=4k']) {
      if (!mountSmall(directory, options)) this.skip();
      try {
        if (options === 'size=4k') await writeFile(path.join(directory, 'full'), 'x'.repeat(4096));
        const { exitCode, stderr } = await ended({});
        expect(exitCode).to.equal(1);
        expect(stderr).to.match(
          /^The disk of DATA_DIR \(.*\) is full \(ENOSPC.*\)\. Nothing is lost.* Free some room .*\n$/,
        );
      } finally {
        spawnSync('umount', ['-l', directory]);
      }
    }
  });

  for (const workers of ['1', '2']) {
    it(`says that the lock's path is too long, or a schema broken, and starts no engine (WORKERS=${workers})`, async () => {
      const long = path.join(directory, 'd'.repeat(120));
      const tooLong = await ended({ DATA_DIR: long, WORKERS: workers });
      expect(tooLong.exitCode).to.equal(1);
      expect(tooLong.stderr).to.match(
        /^DATA_DIR: received \S+\/lock \(\d+ bytes\), expected a lock path of at most 103 bytes.*\n$/,
      );
      expect(existsSync(long)).to.equal(false);
      await mkdir(path.join(directory, 'schemas/shop'), { recursive: true });
      await writeFile(path.join(directory, 'schemas/shop/order.json'), '{');
      const broken = await ended({ SCHEMAS_DIR: path.join(directory, 'schemas'), WORKERS: workers });
      expect(broken.exitCode).to.equal(1);
      expect(broken.stderr).to.match(/^SCHEMAS_DIR: .*order\.json.*\n$/);
      expect(existsSync(path.join(directory, 'data/clickhouse/config'))).to.equal(false);
    });
  }

  it('lists at once all that is wrong, whatever finds it, and leaves nothing behind', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    const SCHEMAS_DIR = path.join(directory, 'missing');
    for (const env of [
      { PORT: 'x', DATA_DIR: file, SCHEMAS_DIR },
      { HOST: '0.0.0.0', SCHEMAS_DIR },
      { HOST: 'nosuchhost.invalid', SCHEMAS_DIR },
      { HOST: 'nosuchhost.invalid', PORT: 'x', SCHEMAS_DIR },
      { CLICKHOUSE_URL: 'nowhere', SCHEMAS_DIR, WORKERS: '2' },
    ]) {
      const isIntended = env.HOST === 'nosuchhost.invalid' ? { ALLOW_ANONYMOUS: '1' } : {};
      const { exitCode, stderr } = await ended({ ...isIntended, ...env });
      expect(exitCode).to.equal(1);
      const [first, ...lines] = stderr.trimEnd().split('\n');
      expect(first).to.equal('The environment is wrong:');
      const wrong = Object.keys(env).filter((name) => name !== 'WORKERS');
      expect(lines.map((line) => /^ {2}([A-Z_]+): /.exec(line)?.[1])).to.have.members(wrong);
    }
    expect(existsSync(path.join(directory, 'data'))).to.equal(false);
  });

  it('refuses arguments, and answers --help', async () => {
    const refused = await ended({}, '--port', '9090');
    expect(refused.exitCode).to.equal(2);
    expect(refused.stderr).to.include('received --port').and.include('PORT=9090');
    const help = await ended({}, '--help');
    expect(help.exitCode).to.equal(0);
    expect(help.stdout).to.include('Usage: npm start');
  });

  it('says what is wrong in .env, over which the environment wins', async () => {
    await writeFile(path.join(directory, '.env'), 'PORT=nope\nWORKERS=0\n');
    const { exitCode, stderr } = await ended({ PORT: '0' });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('WORKERS: received "0"').and.not.include('PORT:');
  });

  it('starts without ClickHouse, and says that it waits for it', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const env = { ...endpointEnv(testEndpoint()), CLICKHOUSE_URL: 'http://127.0.0.1:1', DATA_DIR: directory };
    const server = await startServer({ ...env, CLICKHOUSE_DATABASE: database.name });
    closing.add('server', () => server.stop());
    expect(await server.printed(/^Try/m)).to.match(
      /^ClickHouse at http:\/\/127\.0\.0\.1:1 is not ready: .*ECONNREFUSED.*\nEvents are accepted and wait in the journal/m,
    );
  });
});

/** @returns whether it could */
function mountSmall(directory: string, options: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]).status === 0;
}
