import { expect } from 'chai';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse.ts';
import { eventually } from '../support/outcome.ts';
import { closedDoor } from '../support/tcp-door.ts';
import { startTestApp } from '../support/test-app.ts';

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
    const counts = await fetch(`${service.url}/analytics?timestamp=0`);
    expect(await counts.text()).to.equal('unique_users,0\nclicks,0\nimpressions,0\n');
  }).timeout(30_000);
});
