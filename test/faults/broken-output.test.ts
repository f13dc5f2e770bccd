import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { programFile } from '../../server/common/project-root.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { totals } from '../support/clickhouse/stored.ts';
import { eventually } from '../support/http/outcome.ts';
import { freePort } from '../support/server/free-port.ts';
import { kill, QUIET_SERVER } from '../support/server/server-process.ts';
import { inTerminal } from '../support/server/terminal.ts';
import { tempDir } from '../support/temp-dir.ts';

const MAIN = programFile('server/main.js');
/** Every write to it fails as on a full disk. */
const FULL = '/dev/full';
const EVENTS = 20;

describe('A service whose output cannot be written', function brokenOutput() {
  this.timeout(120_000);
  let closing: Closing;
  let database: string;
  let dataDir: string;
  let url: string;
  let env: Record<string, string>;

  before(function needsLinux() {
    // `/dev/full` is of Linux alone.
    if (process.platform !== 'linux') this.skip();
  });

  beforeEach(async () => {
    closing = new Closing();
    const made = await testDatabase();
    closing.add('database', () => made.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    database = made.name;
    dataDir = directory.path;
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const own = { CLICKHOUSE_DATABASE: database, DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'debug' };
    env = { ...QUIET_SERVER, ...endpointEnv(testEndpoint()), ...own };
  });
  afterEach(async () => closing.close());

  /** A server whose standard output and error are full. */
  async function startFull(more: Readonly<Record<string, string>>): Promise<ChildProcess> {
    const full = await open(FULL, 'w');
    const child = spawn(process.execPath, [MAIN], { env: { ...env, ...more }, stdio: ['ignore', full.fd, full.fd] });
    closing.add('server', () => kill(child));
    await full.close();
    return child;
  }

  async function post(): Promise<void> {
    await eventually(async () => expect((await fetch(`${url}/health/ready`)).status).to.equal(200), 60_000);
    const posts = Array.from({ length: EVENTS }, async (_, each) => {
      const target = `${url}/analytics?timestamp=${Date.now()}&user=u${each}&click`;
      expect((await fetch(target, { method: 'POST' })).status).to.equal(204);
    });
    await Promise.all(posts);
  }

  async function expectAllShipped(): Promise<void> {
    const { raw } = await totals(testEndpoint(), database);
    expect(raw.rows).to.equal(EVENTS);
    const files = await readdir(path.join(dataDir, 'journal'), { recursive: true });
    expect(files.filter((file) => file.endsWith('.ndjson'))).to.deep.equal([]);
  }

  for (const workers of ['1', '2']) {
    it(`for a full disk, with WORKERS=${workers}: serves, ships everything and exits 0`, async () => {
      const server = await startFull({ WORKERS: workers });
      await post();
      server.kill('SIGTERM');
      expect(await once(server, 'exit')).to.deep.equal([0, null]);
      await expectAllShipped();
    });

    it(`for its terminal was closed, with WORKERS=${workers}: ships everything and exits 0`, async () => {
      const exitCode = path.join(dataDir, 'exit-code');
      const noting = `'${process.execPath}' --import "${noteExitCode(exitCode)}" '${MAIN}'`;
      // The shell ends with its terminal, and only then the kernel tells who was in its foreground.
      const terminal = inTerminal(`${noting}; true`, { ...env, WORKERS: workers });
      closing.add('terminal', () => terminal.close());
      await post();
      await terminal.close();
      await eventually(async () => expect(await readFile(exitCode, 'utf8')).to.equal('0'), 40_000);
      await expectAllShipped();
    });
  }
});

/** A module that writes the exit code of the service down, for nobody is there to be told. */
function noteExitCode(file: string): string {
  return `data:text/javascript,import c from 'cluster';import { writeFileSync as w } from 'fs';if (c.isPrimary) process.on('exit', (code) => w('${file}', String(code)));`;
}
