import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { migrate, migrationStatus } from '../../../server/migrate/migrator.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { Closing } from '../../../server/closing.ts';
import { HOUR_MS } from '../../../server/events/hours.ts';
import { NDJSON, postEvents } from '../../support/http/events-api.ts';
import { silentLog } from '../../support/logs.ts';
import { eventually } from '../../support/http/outcome.ts';
import { PASS, startProxy } from '../../support/server/proxy.ts';
import { startTwoShards, type Shard, type Shards } from '../../support/clickhouse/shards.ts';
import { rowsOf, totals } from '../../support/clickhouse/stored.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const DATABASE = 'test_shard_added';
const USERS = 300;

/** Of an hour that is over, so that nothing else counts in it. */
const timestamp = Date.now() - 5 * HOUR_MS;

/** One request, so one segment; of users that fall to all shards. */
function clicks(from: number): string {
  const common = { timestamp, session_id: 's', category: 'analytics', name: 'click', data: {} };
  const users = Array.from({ length: USERS }, (_, index) => `u${from + index}`);
  return users.map((user) => JSON.stringify({ ...common, user })).join('\n');
}

async function post({ url }: TestApp, from: number): Promise<void> {
  expect((await postEvents(url, clicks(from), NDJSON)).status).to.equal(202);
}

describe('A shard that is added', function () {
  this.timeout(180_000);
  let closing: Closing;
  let cluster: Shards;
  let dataDir: string;
  /** Whether ClickHouse's answers to INSERTs of events are lost. */
  let isCutting: boolean;

  beforeEach(async () => {
    closing = new Closing();
    cluster = await startTwoShards('test_*', closing);
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    dataDir = directory.path;
    isCutting = false;
  });
  afterEach(async () => closing.close());

  /** The same cluster, by way of proxies. */
  async function behindProxies({ urls, ...others }: ClickHouseEndpoint): Promise<ClickHouseEndpoint> {
    const proxies = urls.map(async (target) => {
      const proxy = await startProxy({
        target,
        judge: ({ query }) => (isCutting && query.startsWith('INSERT INTO events ') ? { do: 'cut after' } : PASS),
      });
      closing.add('proxy', () => proxy.close());
      return proxy.url;
    });
    const [first = '', ...rest] = await Promise.all(proxies);
    return { ...others, urls: [first, ...rest] };
  }

  async function serve(clickhouse: ClickHouseEndpoint): Promise<TestApp> {
    const service = await startTestApp({ clickhouse, database: DATABASE, dataDir });
    closing.add('service', () => service.remove());
    return service;
  }

  async function expectStored(users: number): Promise<void> {
    await eventually(async () => {
      const { raw, view } = await totals(cluster.endpoint, DATABASE);
      expect(raw).to.deep.equal({ rows: users, users });
      expect(view).to.deep.equal(raw);
    });
  }

  /** What each shard itself has of the users from one on. */
  async function usersOnEach(from: number, shards: readonly Shard[] = cluster.shards): Promise<number[]> {
    const query = `SELECT uniqExact(user) AS users FROM events_local WHERE toUInt32(substring(user, 2)) >= ${from}`;
    const asked = shards.map(async ({ endpoint }) => rowsOf<{ users: string | number }>(endpoint, DATABASE, query));
    return (await Promise.all(asked)).map(([row]) => Number(row?.users));
  }

  /** The segments in the journals. */
  async function waiting(): Promise<string[]> {
    const journal = path.join(dataDir, 'journal');
    const files = await readdir(journal, { recursive: true });
    return files.filter((file) => file.endsWith('.ndjson')).map((file) => path.join(journal, file));
  }

  /** As an operator would: again, when an engine is unavailable, and until every node says that it has all. */
  async function migrateAll(): Promise<void> {
    const { endpoint } = cluster;
    await migrate({ endpoint, database: DATABASE, log: silentLog });
    const nodes = await migrationStatus({ endpoint, database: DATABASE });
    const states = nodes.map((node) =>
      'unavailable' in node ? [node.unavailable] : node.migrations.map(({ state }) => state),
    );
    expect(new Set(states.flat())).to.deep.equal(new Set(['applied']));
  }

  /** Posts a body that is stored, and whose answer is lost again and again. */
  async function storeWithoutAnswer(service: TestApp): Promise<void> {
    isCutting = true;
    await post(service, 0);
    await expectStored(USERS);
  }

  it('changes nothing about what a server that is gone had sent, and takes its share of what comes', async () => {
    const gone = await serve(await behindProxies(cluster.endpoint));
    await storeWithoutAnswer(gone);
    await gone.app.close();
    await cluster.addShard();
    const next = await serve(cluster.endpoint);
    await eventually(async () => expect(await waiting()).to.deep.equal([]), 30_000);
    await expectStored(USERS);

    await post(next, USERS);
    await expectStored(2 * USERS);
    const shares = await usersOnEach(USERS);
    expect(shares.reduce((sum, share) => sum + share)).to.equal(USERS);
    expect(Math.min(...shares)).to.be.above(USERS / 6);
  });

  it('while a server runs and sends has every event counted once, from the moment that it has the tables', async () => {
    const service = await serve(await behindProxies(cluster.endpoint));
    await storeWithoutAnswer(service);
    let posted = 1;
    const stop = new AbortController();
    const traffic = (async () => {
      for (; !stop.signal.aborted; posted += 1) {
        await post(service, posted * USERS);
        // As much as three engines on two cores can take meanwhile.
        await sleep(30);
      }
    })();
    await cluster.addShard();
    isCutting = false;
    await eventually(migrateAll, 60_000);
    await sleep(2_000);
    stop.abort();
    await traffic;
    await post(service, posted * USERS);
    await eventually(async () => expect(await waiting()).to.deep.equal([]), 30_000);
    await expectStored((posted + 1) * USERS);
    await eventually(async () => expect(Math.min(...(await usersOnEach(posted * USERS)))).to.be.above(USERS / 6));
  });
});
