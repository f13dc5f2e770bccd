import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { apiKey } from '../../support/http/api-keys.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { programFile } from '../../../server/common/project-root.ts';

const PASSWORD = 'hunter2-clickhouse-password';
const KEY = 'hunter2-api-key-of-the-shop';
const SECRETS = [PASSWORD, KEY, apiKey(KEY, 'shop', 'write').sha256];
const MAIN = programFile('server/main.js');

interface Watched {
  readonly pid: number;
  readonly url: string;
  /** Everything that the process has written so far. */
  readonly output: () => string;
  end(): Promise<void>;
}

async function start(env: Readonly<Record<string, string>>): Promise<Watched> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      LOG_LEVEL: 'trace',
      CLICKHOUSE_PASSWORD: PASSWORD,
      API_KEYS: JSON.stringify([apiKey(KEY, 'shop', 'write', 'read')]),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let url = '';
  try {
    await eventually(() => {
      url = /listens on (http:\S+)/.exec(output)?.[1] ?? '';
      expect(url, output).not.to.equal('');
    }, 60_000);
  } catch (error) {
    await end(child);
    throw error;
  }
  return { pid: child.pid ?? 0, url, output: () => output, end: async () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'close');
}

/** Asks everything, rightly and wrongly, and gives all that came back. */
async function answersOf(url: string): Promise<string> {
  const paths = [
    '/health',
    '/metrics',
    '/analytics?timestamp=1',
    '/events',
    '/events/top',
    '/openapi.json',
    '/nowhere',
  ];
  const texts: string[] = [];
  for (const path of paths) {
    for (const Authorization of [`Bearer ${KEY}`, `Basic ${btoa(`${KEY}:`)}`, `Bearer ${KEY}x`]) {
      const answer = await fetch(`${url}${path}`, { headers: { Authorization } });
      texts.push(JSON.stringify([...answer.headers]), await answer.text());
    }
  }
  const post = { method: 'POST', headers: { Authorization: `Bearer ${KEY}` } };
  for (const path of ['/analytics?timestamp=1&user=a&click', '/analytics?nothing', '/events'])
    texts.push(await (await fetch(`${url}${path}`, post)).text());
  return texts.join('\n');
}

function expectNoSecret(text: string, where: string): void {
  for (const secret of SECRETS) {
    for (const form of [secret, encodeURIComponent(secret), btoa(`default:${secret}`), btoa(`${secret}:`)])
      expect(text.includes(form), `${where} has a secret: ${text.slice(0, 500)}`).to.equal(false);
  }
}

/** The command lines of a process and of all it started; and the environments of those it started. Linux only. */
async function processesOf(pid: number): Promise<{ commandLines: string[]; environments: string[] }> {
  const children = await childrenOf(pid);
  return {
    commandLines: await Promise.all([pid, ...children].map(async (each) => readFile(`/proc/${each}/cmdline`, 'utf8'))),
    environments: await Promise.all(children.map(async (each) => readFile(`/proc/${each}/environ`, 'utf8'))),
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const status = /^\d+$/.test(name) ? await readFile(`/proc/${name}/status`, 'utf8').catch(() => '') : '';
    if (/^PPid:\t(\d+)$/m.exec(status)?.[1] === String(pid)) found.push(Number(name));
  }
  return found;
}

describe('Secrets', () => {
  it('are in no answer, metric, log line or command line while ClickHouse refuses the password', async function () {
    this.timeout(60_000);
    const directory = await tempDir();
    const database = await testDatabase();
    const server = await start({
      DATA_DIR: directory.path,
      CLICKHOUSE_URL: testEndpoint().urls[0],
      CLICKHOUSE_DATABASE: database.name,
    });
    try {
      const answers = await answersOf(server.url);
      expect(answers, 'ClickHouse was asked').to.contain('uthentication');
      expectNoSecret(answers, 'an answer');
      if (process.platform === 'linux') {
        const { commandLines } = await processesOf(server.pid);
        expectNoSecret(commandLines.join('\n'), 'a command line');
      }
    } finally {
      await server.end();
      await database.drop();
      await directory.remove();
    }
    expect(server.output()).to.contain('uthentication');
    expectNoSecret(server.output(), 'the log');
  });

  it('are not handed to the embedded engine, and are in no log line while all goes well', async function () {
    this.timeout(90_000);
    const directory = await tempDir();
    const server = await start({ DATA_DIR: directory.path });
    try {
      expectNoSecret(await answersOf(server.url), 'an answer');
      if (process.platform === 'linux') {
        const { commandLines, environments } = await processesOf(server.pid);
        expect(environments.length, 'the engine runs').to.be.greaterThan(0);
        expectNoSecret([...commandLines, ...environments].join('\n'), 'a process');
      }
    } finally {
      await server.end();
      await directory.remove();
    }
    expectNoSecret(server.output(), 'the log');
  });

  it('are not shown by a start that fails', async function () {
    this.timeout(60_000);
    const wrong: readonly Readonly<Record<string, string>>[] = [
      { CLICKHOUSE_URL: `http://default:${PASSWORD}@127.0.0.1:8123` },
      { CLICKHOUSE_URL: `https://default:${PASSWORD}@127.0.0.1:x` },
      {
        CLICKHOUSE_URL: 'http://127.0.0.1:9',
        API_KEYS: `[{"application":"shop","sha256":"${KEY}","roles":["read"]}]`,
      },
      { CLICKHOUSE_URL: 'http://127.0.0.1:9', API_KEYS: KEY },
    ];
    const directory = await tempDir();
    try {
      for (const env of wrong) {
        const child = spawn(process.execPath, [MAIN], {
          env: { PATH: process.env['PATH'] ?? '', DATA_DIR: directory.path, LOG_LEVEL: 'trace', ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
        const [code]: unknown[] = await once(child, 'close');
        expect(code, output).to.equal(1);
        expectNoSecret(output, 'the message');
      }
    } finally {
      await directory.remove();
    }
  });
});
