import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually } from '../../support/http/outcome.ts';
import { totals } from '../../support/clickhouse/stored.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';
import { startTestApp } from '../../support/server/test-app.ts';

/** Far less than the minute after which an open gate is looked at again. */
const SOON_MS = 10_000;

describe('A server that starts before ClickHouse', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  it('makes the tables and is well soon after ClickHouse is there, with no event to wait for it', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const endpoint = testEndpoint();
    const door = await closedDoor(endpoint.urls[0]);
    closing.add('door', () => door.close());
    const service = await startTestApp({
      database: database.name,
      clickhouse: { ...endpoint, urls: [door.url] },
    });
    closing.add('service', () => service.remove());
    const status = async () => {
      const health = (await (await fetch(`${service.url}/health`)).json()) as { status: string };
      return health.status;
    };
    expect(await status()).to.equal('degraded');
    door.open();
    await eventually(async () => expect(await status()).to.equal('ok'), SOON_MS);
  }).timeout(30_000);

  it('keeps what comes meanwhile in one open segment, and has all of it soon after', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const endpoint = testEndpoint();
    const door = await closedDoor(endpoint.urls[0]);
    closing.add('door', () => door.close());
    const service = await startTestApp({
      database: database.name,
      clickhouse: { ...endpoint, urls: [door.url] },
    });
    closing.add('service', () => service.remove());
    for (let each = 0; each < 40; each += 1) {
      const query = `timestamp=${Date.now()}&user=u${each}&click`;
      expect((await fetch(`${service.url}/analytics?${query}`, { method: 'POST' })).status).to.equal(204);
      await sleep(50);
    }
    const files = await readdir(path.join(service.dataDir, 'journal'), { recursive: true });
    expect(files.filter((file) => file.endsWith('.ndjson'))).to.have.length.within(1, 2);
    door.open();
    await eventually(async () => {
      const { raw, view } = await totals(endpoint, database.name);
      expect(raw).to.deep.equal({ rows: 40, users: 40 });
      expect(view).to.deep.equal(raw);
    }, SOON_MS);
  }).timeout(30_000);
});
