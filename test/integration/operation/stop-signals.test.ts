import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import { programFile } from '../../../server/common/project-root.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { totals } from '../../support/clickhouse/stored.ts';
import { readStream } from '../../support/http/read-stream.ts';
import { listening, QUIET_SERVER } from '../../support/server/server-process.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';
import { inTerminal } from '../../support/server/terminal.ts';
import { tempDir } from '../../support/temp-dir.ts';

const MAIN = programFile('server/main.js');
const EVENTS = 30;
/** How long after the process has begun, which Node takes its time for on a busy machine. */
const AFTER_BEGIN_MS = [0, 300, 900];
/** Prints a line as soon as the program listens for signals. */
const SAY_WHEN_IT_HEARS =
  "data:text/javascript,process.on('newListener', (name) => name === 'SIGTERM' && console.log('hears'))";
/** Makes each worker slow to load, which says first that it exists. */
const SLOW_WORKER =
  "data:text/javascript,import c from 'cluster';if (c.isWorker) { console.log('forked'); await new Promise((r) => setTimeout(r, 1500)); }";

describe('A service that is asked to stop', function stopping() {
  this.timeout(120_000);
  let closing: Closing;
  let database: string;
  let dataDir: string;
  let env: Record<string, string>;
  /** What the servers of a test wrote to standard error. */
  let said: string;

  beforeEach(async () => {
    closing = new Closing();
    said = '';
    const made = await testDatabase();
    closing.add('database', () => made.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    database = made.name;
    dataDir = directory.path;
    env = { ...QUIET_SERVER, ...endpointEnv(testEndpoint()), CLICKHOUSE_DATABASE: database, DATA_DIR: dataDir };
  });
  afterEach(async () => closing.close());

  /** A server that leads a group of its own, as one that a shell has started. */
  function startGroup(more: Readonly<Record<string, string>> = {}, ...nodeOptions: string[]): ChildProcess {
    const child = spawn(process.execPath, [...nodeOptions, MAIN], {
      env: { ...env, ...more },
      stdio: 'pipe',
      detached: true,
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    closing.add('group', () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
    });
    return child;
  }

  /** A server that has not stopped for some seconds: a request of which the end does not come. */
  async function startBusy(): Promise<ChildProcess> {
    const server = startGroup();
    const { hostname, port } = new URL(await listening(server));
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    closing.add('socket', () => socket.destroy());
    socket.write(`POST /events HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 99\r\n\r\n[`);
    await sleep(200);
    return server;
  }

  async function expectAllShipped(events: number): Promise<void> {
    const { raw } = await totals(testEndpoint(), database);
    expect(raw.rows).to.equal(events);
    expect(await segmentsLeft()).to.deep.equal([]);
  }

  async function segmentsLeft(): Promise<string[]> {
    const files = await readdir(path.join(dataDir, 'journal'), { recursive: true });
    return files.filter((file) => file.endsWith('.ndjson'));
  }

  describe('in a terminal, by Ctrl-C', () => {
    before(function needsScript() {
      // Elsewhere `script` has other options.
      if (process.platform !== 'linux') this.skip();
    });

    it('as npm start: says that it stops, ships everything, and leaves no process', async () => {
      await requireInstalled();
      const terminal = inTerminal('npm start', { ...process.env, ...env, LOG_LEVEL: 'info' });
      closing.add('terminal', () => terminal.close());
      const [, url = ''] = await terminal.waitFor(/listens on (http:\S+)/);
      await post(url, EVENTS);
      terminal.interrupt();
      // npm may report the signal as its own end.
      expect(await terminal.ended).to.be.oneOf([0, 130]);
      expect(terminal.shown).to.match(/\d\d:\d\d:\d\d INFO {2}stopping: /);
      expect(terminal.shown).to.include('all shipped');
      expect(terminal.shown).not.to.include('ended at once');
      await expectAllShipped(EVENTS);
    });

    for (const workers of [1, 2]) {
      it(`with WORKERS=${workers}: exits 0`, async () => {
        const command = `trap : INT; '${process.execPath}' '${MAIN}'; echo "exit code $?"`;
        const terminal = inTerminal(command, { ...env, WORKERS: String(workers), LOG_LEVEL: 'info' });
        closing.add('terminal', () => terminal.close());
        const [, url = ''] = await terminal.waitFor(/listens on (http:\S+)/);
        await post(url, EVENTS);
        terminal.interrupt();
        await terminal.ended;
        expect(terminal.shown).to.include('exit code 0');
        expect(terminal.shown).to.include('all shipped');
        await expectAllShipped(EVENTS);
      });
    }
  });

  for (const workers of ['1', '2']) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`by two ${signal}s to its group at once, with WORKERS=${workers}: ships everything and exits 0`, async () => {
        const server = startGroup({ WORKERS: workers });
        await post(await listening(server), EVENTS);
        signalGroup(server, signal, signal);
        expect(await exitOf(server), said).to.equal(0);
        await expectAllShipped(EVENTS);
      });
    }

    for (const afterMs of AFTER_BEGIN_MS) {
      it(`in its first second, ${afterMs} ms after it has begun, with WORKERS=${workers}: exits 0`, async () => {
        const server = startGroup({ WORKERS: workers }, '--import', SAY_WHEN_IT_HEARS);
        await once(server.stdout ?? server, 'data');
        await sleep(afterMs);
        signalGroup(server, 'SIGINT', 'SIGINT');
        expect(await exitOf(server), said).to.equal(0);
      });
    }

    it(`with an open stream and WORKERS=${workers}: ends the stream and exits 0`, async () => {
      const server = startGroup({ WORKERS: workers });
      const url = await listening(server);
      const stream = await readStream(`${url}/events/top/stream`);
      await stream.atLeast(1);
      signalGroup(server, 'SIGINT', 'SIGINT');
      expect(await stream.ended).to.equal('end');
      expect(await exitOf(server), said).to.equal(0);
    });

    it(`while ClickHouse is unavailable, with WORKERS=${workers}: keeps the events and exits 0`, async () => {
      const door = await closedDoor(testEndpoint().urls[0]);
      const server = startGroup({ WORKERS: workers, CLICKHOUSE_URL: door.url, LOG_LEVEL: 'info' });
      let log = '';
      server.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
      await post(await listening(server), 3);
      signalGroup(server, 'SIGTERM', 'SIGTERM');
      expect(await exitOf(server), said).to.equal(0);
      const remaining = [...log.matchAll(/"(\d+) events? remains? in the journal"/g)].map(([, count]) => Number(count));
      expect(remaining.reduce((sum, count) => sum + count, 0)).to.equal(3);
      expect(await segmentsLeft()).not.to.deep.equal([]);
    });
  }

  it('while its workers are still being loaded, by a signal to it alone: exits 0', async () => {
    const server = startGroup({ WORKERS: '2' }, '--import', SLOW_WORKER);
    await once(server.stdout ?? server, 'data');
    server.kill('SIGTERM');
    expect(await exitOf(server), said).to.equal(0);
  });

  describe('by someone who does not wait', () => {
    it('ends at the third signal', async () => {
      const server = await startBusy();
      const startMs = performance.now();
      for (let each = 0; each < 3; each += 1) {
        signalGroup(server, 'SIGTERM');
        // Signals that come at once are one to the kernel, too.
        await sleep(150);
      }
      expect(await exitOf(server)).to.equal(143);
      expect(performance.now() - startMs).to.be.below(3_000);
    });

    it('ends at the second, when that comes more than a second later', async () => {
      const server = await startBusy();
      signalGroup(server, 'SIGINT');
      await sleep(1_300);
      expect(server.exitCode).to.equal(null);
      const startMs = performance.now();
      signalGroup(server, 'SIGINT');
      expect(await exitOf(server)).to.equal(130);
      expect(performance.now() - startMs).to.be.below(3_000);
    });
  });
});

function signalGroup({ pid = 0 }: ChildProcess, ...signals: NodeJS.Signals[]): void {
  for (const signal of signals) process.kill(-pid, signal);
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode ?? String(child.signalCode);
}

async function post(url: string, count: number): Promise<void> {
  const posts = Array.from({ length: count }, async (_, each) => {
    const target = `${url}/analytics?timestamp=${Date.now()}&user=u${each}&click`;
    expect((await fetch(target, { method: 'POST' })).status).to.equal(204);
  });
  await Promise.all(posts);
}

/** `npm start` would install, under the feet of the other tests. */
async function requireInstalled(): Promise<void> {
  const [locked, installed] = await Promise.all(
    ['package-lock.json', 'node_modules/.package-lock.json'].map(async (file) => (await stat(file)).mtimeMs),
  );
  if ((installed ?? 0) < (locked ?? 0)) throw new Error('received an install older than package-lock.json: npm ci');
}
