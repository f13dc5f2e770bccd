import { expect } from 'chai';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { startEngine, type Engine } from '../../clickhouse/embedded/embedded.ts';
import { Closing } from '../../server/closing.ts';
import { createLogger } from '../../server/common/log.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { eventually } from '../support/http/outcome.ts';
import { startServer } from '../support/server/server-process.ts';
import { storedUsers } from '../support/clickhouse/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('While ClickHouse is unavailable', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function newDataDir(): Promise<string> {
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    return directory.path;
  }

  async function newEngine(directory: string): Promise<Engine> {
    const engine = await startEngine({ directory, log: createLogger('silent'), database: 'test_*' });
    closing.add('engine', () => engine.close());
    return engine;
  }

  it('a server starts, accepts, says so in /health, and serves the counts after', async () => {
    const directory = await newDataDir();
    const engine = await newEngine(directory);
    const { endpoint } = engine;
    await engine.close();
    const env = {
      ...endpointEnv(endpoint),
      CLICKHOUSE_DATABASE: 'test_absent',
      DATA_DIR: await newDataDir(),
    };
    const server = await startServer(env);
    closing.add('server', () => server.stop());
    const now = Date.now();
    const answer = await fetch(`${server.url}/analytics?timestamp=${now}&user=ada&click`, { method: 'POST' });
    expect(answer.status).to.equal(204);
    expect((await fetch(`${server.url}/health/ready`)).status).to.equal(200);
    const health = (await (await fetch(`${server.url}/health`)).json()) as { status: string };
    expect(health.status).to.equal('degraded');
    const question = await fetch(`${server.url}/analytics?timestamp=${now}`);
    expect(question.status).to.equal(503);
    expect(question.headers.get('retry-after')).to.match(/^\d+$/);
    await newEngine(directory);
    await eventually(async () => {
      const counts = await fetch(`${server.url}/analytics?timestamp=${now}`);
      expect(await counts.text()).to.equal('unique_users,1\nclicks,1\nimpressions,0\n');
    }, 30_000);
  });

  it('events that are held survive kill -9 of the server that took them, and another server ships them', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const dataDir = await newDataDir();
    const unavailable = {
      CLICKHOUSE_URL: 'http://127.0.0.1:9',
      DATA_DIR: dataDir,
      CLICKHOUSE_DATABASE: database.name,
    };
    const doomed = await startServer(unavailable);
    for (let i = 0; i < 5; i += 1) {
      const answer = await fetch(`${doomed.url}/analytics?timestamp=${i}&user=u${i}&click`, {
        method: 'POST',
      });
      expect(answer.status).to.equal(204);
    }
    await doomed.kill();
    const successor = await startServer({ ...unavailable, ...endpointEnv(testEndpoint()) });
    closing.add('successor', () => successor.stop());
    await eventually(async () => expect((await storedUsers(testEndpoint(), database.name)).size).to.equal(5), 20_000);
    const metrics = await (await fetch(`${successor.url}/metrics`)).text();
    expect(metrics).to.match(/^clickhour_events_recovered_total 5$/m);
    expect(metrics).to.match(/^clickhour_events_unaccounted 0$/m);
  });

  it('a stopped server leaves what it could not ship on disk, and exits 0', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const unavailable = {
      CLICKHOUSE_URL: 'http://127.0.0.1:9',
      DATA_DIR: await newDataDir(),
      CLICKHOUSE_DATABASE: database.name,
    };
    const server = await startServer(unavailable);
    await fetch(`${server.url}/analytics?timestamp=1&user=ada&click`, { method: 'POST' });
    expect(await server.stop()).to.equal(0);
    const successor = await startServer({ ...unavailable, ...endpointEnv(testEndpoint()) });
    closing.add('successor', () => successor.stop());
    await eventually(async () => expect((await storedUsers(testEndpoint(), database.name)).size).to.equal(1), 20_000);
  });

  it('a database that is lost is made again, and what waited is stored and counted', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const env = {
      ...endpointEnv(testEndpoint()),
      DATA_DIR: await newDataDir(),
      CLICKHOUSE_DATABASE: database.name,
    };
    const server = await startServer(env);
    closing.add('server', () => server.stop());
    await database.drop();
    const now = Date.now();
    const answer = await fetch(`${server.url}/analytics?timestamp=${now}&user=ada&click`, { method: 'POST' });
    expect(answer.status).to.equal(204);
    await eventually(async () => {
      const counts = await fetch(`${server.url}/analytics?timestamp=${now}`);
      expect(await counts.text()).to.equal('unique_users,1\nclicks,1\nimpressions,0\n');
    }, 20_000);
  });
});
