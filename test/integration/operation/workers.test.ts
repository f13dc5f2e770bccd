import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { createHttpClient, type HttpClient } from '../../../bench/load/http-client.ts';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { KIB } from '../../../server/common/units.ts';
import { Closing } from '../../../server/closing.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { Ledger } from '../../support/events/ledger.ts';
import { apiKey } from '../../support/http/api-keys.ts';
import { eventually } from '../../support/http/outcome.ts';
import { seeded } from '../../support/events/random.ts';
import { PASS, startProxy } from '../../support/server/proxy.ts';
import { startServer } from '../../support/server/server-process.ts';
import { storedUsers } from '../../support/clickhouse/stored.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTraffic } from '../../support/events/traffic.ts';

async function workersOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

describe('A server with WORKERS=2', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function startTwo(further: Readonly<Record<string, string>> = {}) {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    const env = {
      ...endpointEnv(testEndpoint()),
      CLICKHOUSE_DATABASE: database.name,
      DATA_DIR: directory.path,
    };
    const server = await startServer({ ...env, WORKERS: '2', ...further });
    closing.add('server', () => server.stop());
    return { server, database: database.name };
  }

  it('answers for both in /metrics, whichever is asked', async () => {
    const { server } = await startTwo();
    const ledger = new Ledger();
    const traffic = startTraffic({ url: () => server.url, ledger, random: seeded('workers'), againShare: 0 });
    await sleep(300);
    await traffic.stop();
    const acknowledged = ledger.having('acknowledged');
    for (let asked = 0; asked < 4; asked += 1) {
      const metrics = await (await fetch(`${server.url}/metrics`, { headers: { connection: 'close' } })).text();
      expect(metrics).to.contain(`clickhour_events_accepted_total ${acknowledged.length}\n`);
      expect(metrics).to.match(/^clickhour_events_unaccounted 0$/m);
    }
  });

  it('answers for both in /health and /health/ready, also to many who ask at once', async () => {
    const { server } = await startTwo();
    const ask = async (path: string) =>
      fetch(`${server.url}${path}`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5_000) });
    const reports = await Promise.all(Array.from({ length: 20 }, async () => (await ask('/health')).json()));
    for (const report of reports) {
      expect(report).to.have.property('status', 'ok');
      expect(report).to.have.deep.nested.property('parts.workers', {
        state: 'ok',
        answering: 2,
        expected: 2,
      });
    }
    expect(await (await ask('/health/ready')).json()).to.deep.equal({ status: 'ready' });
    const [survivor] = await workersOf(server.pid);
    await eventually(async () => {
      // Whoever takes the place is killed too, or it could be there before anybody asks.
      const others = (await workersOf(server.pid)).filter((pid) => pid !== survivor);
      for (const pid of others) process.kill(pid, 'SIGKILL');
      // A connection that is given to a worker that is gone, before the primary knows, gets no answer, ever.
      await eventually(async () => {
        const left = (await workersOf(server.pid)).filter((pid) => others.includes(pid));
        expect(left).to.deep.equal([]);
      });
      expect(await (await ask('/health')).json()).to.have.property('status', 'degraded');
    }, 20_000);
    await eventually(async () => {
      expect(await (await ask('/health')).json()).to.have.property('status', 'ok');
    }, 20_000);
  });

  it('answers with what either has stored, however long answers may be given again', async () => {
    const { server } = await startTwo({ CACHE_TTL_MS: '60000' });
    const timestamp = Date.now();
    const clicks = async () => {
      const answer = await fetch(`${server.url}/analytics?timestamp=${timestamp}`, {
        headers: { connection: 'close' },
      });
      return /clicks,(\d+)/.exec(await answer.text())?.[1];
    };
    const ofBoth = async () => new Set(await Promise.all(Array.from({ length: 12 }, clicks)));
    for (let sent = 0; sent < 4; sent += 1) {
      await eventually(async () => expect(await ofBoth()).to.deep.equal(new Set([String(sent)])));
      const query = `timestamp=${timestamp}&user=u&click`;
      await fetch(`${server.url}/analytics?${query}`, { method: 'POST', headers: { connection: 'close' } });
    }
  });

  it('gives nobody an answer, and then an older one of the worker that reads it later', async () => {
    let reading = 0;
    const isSecond = (query: string) => query.includes('uniqExactMerge(users)') && (reading += 1) % 2 === 0;
    const [target] = testEndpoint().urls;
    const proxy = await startProxy({
      target,
      judge: ({ query }) => (isSecond(query) ? { do: 'delay', ms: 500 } : PASS),
    });
    closing.add('proxy', () => proxy.close());
    const { server } = await startTwo({ CLICKHOUSE_URL: proxy.url, CACHE_TTL_MS: '60000' });
    const query = `/analytics?timestamp=${Date.now()}`;
    // Connections are dealt out in turn: these are those of two workers.
    const clients = [1, 2].map(() => createHttpClient(server.url, { maxConnections: 1 }));
    const clicks = async (client: HttpClient) => {
      const answer = await client.request('GET', query);
      return Number(/clicks,(\d+)/.exec(answer.kind === 'answer' ? answer.body : '')?.[1]);
    };
    const given: number[] = [];
    for (let sent = 0; sent < 4; sent += 1) {
      while (given.at(-1) !== sent || given.at(-2) !== sent)
        for (const client of clients) given.push(await clicks(client));
      await clients[0]?.request('POST', `${query}&user=u&click`);
    }
    for (const client of clients) client.close();
    expect(given).to.deep.equal(given.toSorted((a, b) => a - b));
  });

  it('replaces a worker that is killed, loses none of its events, and exits 0 when it is stopped', async () => {
    const { server, database } = await startTwo();
    const ledger = new Ledger();
    const traffic = startTraffic({ url: () => server.url, ledger, random: seeded('workers') });
    const [first = 0, ...others] = await workersOf(server.pid);
    expect(others).to.have.length(1);
    await sleep(200);
    process.kill(first, 'SIGKILL');
    await eventually(async () => {
      const now = await workersOf(server.pid);
      expect(now).to.have.length(2);
      expect(now).not.to.include(first);
    });
    await sleep(500);
    await traffic.stop();
    const acknowledged = ledger.having('acknowledged');
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database);
      expect(acknowledged.filter((user) => stored.get(user) !== 1)).to.deep.equal([]);
      expect([...stored.keys()].filter((user) => !ledger.outcomes.has(user))).to.deep.equal([]);
    }, 20_000);
    expect(await server.stop()).to.equal(0);
  });

  it('has more keys than fit into an environment, those it began with also for a worker that comes later', async () => {
    const made = await tempDir();
    closing.add('keys', () => made.remove());
    const file = path.join(made.path, 'keys');
    const keys = Array.from({ length: 1500 }, (_, at) => apiKey(`key-${at}`, 'shop', 'read'));
    await writeFile(file, JSON.stringify(keys));
    expect((await stat(file)).size).to.be.greaterThan(128 * KIB);
    const { server } = await startTwo({ API_KEYS_FILE: file });
    await writeFile(file, JSON.stringify([apiKey('later', 'shop', 'read')]));
    const [first = 0] = await workersOf(server.pid);
    process.kill(first, 'SIGKILL');
    await eventually(async () => {
      const now = await workersOf(server.pid);
      expect(now).to.have.length(2).and.not.include(first);
      const health = await fetch(`${server.url}/health`, { headers: { connection: 'close' } });
      expect(await health.json()).to.have.property('status', 'ok');
    }, 20_000);
    const ask = async (key: string) => {
      const headers = { authorization: `Bearer ${key}`, connection: 'close' };
      return (await fetch(`${server.url}/analytics?timestamp=0`, { headers })).status;
    };
    expect(await Promise.all(['key-1499', 'key-0', 'key-7', 'key-8'].map(ask))).to.deep.equal([200, 200, 200, 200]);
    expect(await Promise.all(['later', 'later', 'later', 'later'].map(ask))).to.deep.equal([401, 401, 401, 401]);
  });
});
