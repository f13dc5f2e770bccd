import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import { defaults } from '../../../server/config/config.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { Ledger } from '../../support/events/ledger.ts';
import { needsNginx, startNginx } from '../../support/server/nginx.ts';
import { eventually } from '../../support/http/outcome.ts';
import { seeded } from '../../support/events/random.ts';
import { startServer } from '../../support/server/server-process.ts';
import { storedUsers } from '../../support/clickhouse/stored.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';
import { startTraffic } from '../../support/events/traffic.ts';

describe('nginx, as docker-compose.yml runs it', () => {
  let closing: Closing;

  before(needsNginx);
  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function nginx(...servers: string[]): Promise<string> {
    const started = await startNginx(servers);
    closing.add('nginx', () => started.stop());
    return started.url;
  }

  async function service(config: Parameters<typeof startTestApp>[0] = {}): Promise<TestApp> {
    const started = await startTestApp(config);
    closing.add('service', () => started.remove());
    return started;
  }

  async function stream(origin: string): Promise<IncomingMessage> {
    const asked = get(`${origin}/events/top/stream`, { agent: false });
    closing.add('stream', () => asked.destroy());
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  }

  it('keeps its connections to the servers open', async () => {
    const { url } = await service();
    const door = await closedDoor(url);
    closing.add('door', () => door.close());
    door.open();
    const front = await nginx(door.url);
    for (let i = 0; i < 40; i += 1) {
      const { status } = await fetch(`${front}/analytics?timestamp=${Date.now()}&user=u${i}&click`, {
        method: 'POST',
      });
      expect(status).to.equal(204);
    }
    // One for each of nginx's processes, of which there are as many as cores.
    expect(door.connections).to.be.below(20);
  });

  it('says who the client is, whatever the client says', async () => {
    const trust = { keys: [], networks: ['192.0.2.0/24'], proxies: ['127.0.0.1'] };
    const { url } = await service({ trust });
    const post = { method: 'POST', headers: { 'X-Forwarded-For': '192.0.2.7' } };
    const target = `/analytics?timestamp=${Date.now()}&user=u&click`;
    expect((await fetch(`${url}${target}`, post)).status, 'from a trusted proxy').to.equal(204);
    expect((await fetch(`${await nginx(url)}${target}`, post)).status, 'through nginx').to.equal(401);
  });

  it('leaves the limit on bodies to the server', async () => {
    const { url } = await service({ maxBodyBytes: 4 * 1024 ** 2 });
    const front = await nginx(url);
    const send = async (bytes: number) => {
      const data = { text: 'x'.repeat(bytes) };
      const event = { session_id: 's', category: 'c', name: 'n', timestamp: Date.now(), data };
      return await fetch(`${front}/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(event),
      });
    };
    expect((await send(3 * 1024 ** 2)).status).to.equal(202);
    const refused = await send(5 * 1024 ** 2);
    expect(refused.status).to.equal(413);
    expect(refused.headers.get('content-type')).to.include('application/problem+json');
  });

  it('takes the largest body that a server takes by default, and says of a larger one what a server would say', async () => {
    const { url } = await service();
    const front = await nginx(url);
    const send = async (bytes: number) =>
      fetch(`${front}/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"name": "n"}'.padEnd(bytes),
      });
    expect((await send(defaults.maxBodyBytes)).status).to.equal(202);
    const refused = await send(defaults.maxBodyBytes + 1);
    expect([refused.status, refused.headers.get('content-type')]).to.deep.equal([413, 'application/problem+json']);
    const problem = (await refused.json()) as Record<string, unknown>;
    expect(problem).to.include({ type: 'about:blank', title: 'Payload Too Large', status: 413 });
    expect(problem['detail']).to.include('client_max_body_size');
  });

  it('hands on each event of a stream as it comes, as the server asks it to', async () => {
    const { url } = await service();
    expect((await stream(url)).headers).to.include({ 'x-accel-buffering': 'no' });
    const answer = await stream(await nginx(url));
    // A second apart.
    let text = '';
    while (text.split('event: top\n').length < 3) text += String((await once(answer, 'data'))[0]);
  }).timeout(20_000);

  it('loses no GET when a server is killed, no POST but those under way, and nothing when one stops', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const data = await tempDir();
    closing.add('data', () => data.remove());
    const env = {
      ...endpointEnv(testEndpoint()),
      CLICKHOUSE_DATABASE: database.name,
      DATA_DIR: data.path,
    };
    const servers = await Promise.all([startServer(env), startServer(env), startServer(env)]);
    const [killed, stopped, kept] = servers;
    for (const server of servers) closing.add('server', () => server.stop());
    const front = await nginx(...servers.map(({ url }) => url));
    const connections = 8;
    const ledger = new Ledger();
    const random = seeded('nginx');
    const traffic = startTraffic({ url: () => front, ledger, random, connections, pauseMs: 0 });
    const answers = askUntilStopped(`${front}/analytics?timestamp=${Date.now()}`);

    await sleep(500);
    await killed?.kill();
    await sleep(500);
    expect(await stopped?.stop()).to.equal(0);
    await sleep(500);

    await traffic.stop();
    expect(await answers.stop()).to.deep.equal([200]);
    expect(['202', '204', '502']).to.include.members(Object.keys(ledger.statuses));
    // Its connections end one after the other. Who was cut off sends the next, which nginx may hand to one that is still open: of
    // those, each of its processes, as many as cores, has no more than there are clients.
    const cutOff = connections * availableParallelism();
    expect(ledger.count(502), 'POSTs that were cut off with the killed server').to.be.at.most(cutOff);
    // What the killed server had not shipped is on its disk; a server that starts takes it over.
    const successor = await startServer(env);
    closing.add('successor', () => successor.stop());
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database.name);
      expect(ledger.having('acknowledged').filter((user) => stored.get(user) !== 1)).to.deep.equal([]);
    }, 20_000);
    expect(await kept?.stop()).to.equal(0);
  }).timeout(60_000);
});

/** Asks again and again, on two connections; says at the end which statuses there were, undefined for no answer. */
function askUntilStopped(url: string): { stop(): Promise<unknown[]> } {
  const statuses = new Set<number | undefined>();
  const stop = new AbortController();
  const ask = async () => {
    while (!stop.signal.aborted) {
      const answer = await fetch(url, { headers: { 'Cache-Control': 'no-cache' } }).catch(() => undefined);
      await answer?.arrayBuffer();
      statuses.add(answer?.status);
    }
  };
  const asking = [ask(), ask()];
  return {
    stop: async () => {
      stop.abort();
      await Promise.all(asking);
      return [...statuses];
    },
  };
}
