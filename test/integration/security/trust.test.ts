import { expect } from 'chai';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { createServer } from 'node:net';
import { apiKey } from '../../support/http/api-keys.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startServer } from '../../support/server/server-process.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { sendRaw, statusesIn } from '../../support/http/raw-http.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const KEYS = [apiKey('shop-key', 'shop', 'write'), apiKey('desk-key', 'desk', 'read')];
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const basic = (user: string) => ({ Authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` });

interface Problem {
  readonly status: number;
  readonly detail: string;
}

async function statusesOf({ url }: TestApp, headers: Record<string, string>) {
  const write = await fetch(`${url}/analytics?timestamp=${Date.now()}&user=ada&click`, {
    method: 'POST',
    headers,
  });
  const read = await fetch(`${url}/analytics?timestamp=${Date.now()}`, { headers });
  const metrics = await fetch(`${url}/metrics`, { headers });
  return { write: write.status, read: read.status, metrics: metrics.status };
}

describe('With API keys', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp({ trust: { keys: KEYS, networks: [], proxies: [] } });
  });
  after(async () => service.remove());

  it('asks callers without a valid key for one', async () => {
    const nobody = { write: 401, read: 401, metrics: 401 };
    expect(await statusesOf(service, {})).to.deep.equal(nobody);
    expect(await statusesOf(service, bearer('wrong'))).to.deep.equal(nobody);
    expect(await statusesOf(service, { Authorization: 'Bearer' })).to.deep.equal(nobody);
    const answer = await fetch(`${service.url}/metrics`);
    expect(answer.headers.get('WWW-Authenticate')).to.match(/^Bearer realm=.*, Basic realm=/);
    expect(answer.headers.get('Content-Type')).to.equal('application/problem+json');
    expect(((await answer.json()) as Problem).detail).to.equal(
      'received no API key, expected Authorization: Bearer KEY',
    );
  });

  it('lets a key do what its roles say, and nothing else', async () => {
    const shop = { write: 204, read: 403, metrics: 403 };
    const desk = { write: 403, read: 200, metrics: 200 };
    expect(await statusesOf(service, bearer('shop-key'))).to.deep.equal(shop);
    expect(await statusesOf(service, basic('shop-key'))).to.deep.equal(shop);
    expect(await statusesOf(service, bearer('desk-key'))).to.deep.equal(desk);
    const answer = await fetch(`${service.url}/metrics`, { headers: bearer('shop-key') });
    expect(((await answer.json()) as Problem).detail).to.equal(
      'received the key of shop, expected one with the role read',
    );
  });

  it('keeps health and documentation open', async () => {
    for (const path of ['/health/live', '/health/ready', '/health', '/docs', '/docs/start.js', '/openapi.json']) {
      for (const headers of [{}, bearer('wrong')]) {
        expect((await fetch(`${service.url}${path}`, { headers })).status, path).to.equal(200);
      }
    }
  });

  it('does not believe what a caller says of its address', async () => {
    const claimed = await statusesOf(service, { 'X-Forwarded-For': '127.0.0.1' });
    expect(claimed).to.deep.equal({ write: 401, read: 401, metrics: 401 });
  });

  it('records the application of the key on the event', async () => {
    await statusesOf(service, bearer('shop-key'));
    await eventually(async () => {
      const rows = await rowsOf<{ application: string }>(
        testEndpoint(),
        service.database,
        'SELECT DISTINCT application FROM events',
      );
      expect(rows).to.deep.equal([{ application: 'shop' }]);
    });
  });
});

describe('With trusted networks', () => {
  it('takes events of the network without a key, and answers no questions', async () => {
    const service = await startTestApp({ trust: { keys: KEYS, networks: ['127.0.0.0/8'], proxies: [] } });
    try {
      expect(await statusesOf(service, {})).to.deep.equal({ write: 204, read: 401, metrics: 401 });
      expect((await statusesOf(service, bearer('wrong'))).write).to.equal(401);
      expect((await statusesOf(service, bearer('desk-key'))).write).to.equal(403);
    } finally {
      await service.remove();
    }
  });

  it('gives the rights of a network to no page that has made a name of its own lead here', async () => {
    const service = await startTestApp({ trust: { keys: KEYS, networks: ['127.0.0.0/8'], proxies: [] } });
    try {
      const click = async (host: string, headers: readonly string[]) => {
        const target = `/analytics?timestamp=${Date.now()}&user=ada&click`;
        const lines = [
          `POST ${target} HTTP/1.1`,
          `Host: ${host}`,
          'Content-Length: 0',
          'Connection: close',
          ...headers,
        ];
        return statusesIn(await sendRaw(service.url, [`${lines.join('\r\n')}\r\n\r\n`]));
      };
      const { host } = new URL(service.url);
      expect(await click(host, [`Origin: http://${host}`])).to.deep.equal([204]);
      expect(await click('rebound.example', ['Origin: http://rebound.example'])).to.deep.equal([403]);
      // Nothing that a page could send, and one that was given a key.
      expect(await click('stats.example', [])).to.deep.equal([204]);
      const key = 'Authorization: Bearer shop-key';
      expect(await click('stats.example', ['Origin: http://stats.example', key])).to.deep.equal([204]);
    } finally {
      await service.remove();
    }
  });

  it('takes the address that a trusted proxy saw', async () => {
    const trust = { keys: [], networks: ['192.0.2.0/24'], proxies: ['127.0.0.1'] };
    const service = await startTestApp({ trust });
    try {
      const from = async (header: string) => (await statusesOf(service, { 'X-Forwarded-For': header })).write;
      expect(await from('192.0.2.7')).to.equal(204);
      expect(await from('203.0.113.7, 192.0.2.7')).to.equal(204);
      expect(await from('192.0.2.7, 203.0.113.7')).to.equal(401);
      expect(await from('192.0.2.7, unknown')).to.equal(401);
      expect((await statusesOf(service, {})).write).to.equal(401);
    } finally {
      await service.remove();
    }
  });
});

describe('Open to everyone', () => {
  it('lets anyone write and read, with a key or without', async () => {
    const service = await startTestApp();
    try {
      const everything = { write: 204, read: 200, metrics: 200 };
      expect(await statusesOf(service, {})).to.deep.equal(everything);
      expect(await statusesOf(service, bearer('anything'))).to.deep.equal(everything);
    } finally {
      await service.remove();
    }
  });

  it('does not start on an address that others reach, unless keys exist or that is intended', async () => {
    const directory = await tempDir();
    const base = { ...endpointEnv(testEndpoint()), DATA_DIR: directory.path, HOST: '0.0.0.0' };
    try {
      await expectNoStart(base, 'HOST: received "0.0.0.0", expected a loopback address');
      await expectNoStart({ ...base, API_KEYS: '[{"application":"shop"}]' }, 'API_KEYS: entry 1 ("shop")');
      for (const env of [{ API_KEYS: JSON.stringify(KEYS) }, { ALLOW_ANONYMOUS: '1' }]) {
        // With the keys read and the address allowed, only the port, which is taken, is in the way.
        await withPortTaken(async (port) =>
          expectNoStart({ ...base, ...env, PORT: String(port) }, `PORT: ${port} of 0.0.0.0 is in use`),
        );
      }
    } finally {
      await directory.remove();
    }
  });
});

async function expectNoStart(env: Record<string, string>, message: string): Promise<void> {
  const outcome = await startServer(env).then(
    async (server) => {
      await server.kill();
      return 'it started';
    },
    (error: unknown) => String(error),
  );
  expect(outcome).to.contain(message);
}

async function withPortTaken(run: (port: number) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = server.address();
  try {
    await run(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
