import { expect } from 'chai';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { eventually } from '../support/http/outcome.ts';
import { startServer, type ServerProcess } from '../support/server/server-process.ts';
import { storedUsers } from '../support/clickhouse/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Posts until the server refuses, at most 20,000 times; what it acknowledged, and the refusal. */
async function fill({ url }: ServerProcess): Promise<{ acknowledged: string[]; refusal: Response }> {
  const acknowledged: string[] = [];
  for (let i = 0; i < 20_000; i += 1) {
    const user = `${i}-${'x'.repeat(200)}`;
    const answer = await fetch(`${url}/analytics?timestamp=${i}&user=${user}&click`, { method: 'POST' });
    if (answer.status !== 204) return { acknowledged, refusal: answer };
    acknowledged.push(user);
  }
  throw new Error('the server never refused');
}

async function expectHonestRefusal(refusal: Response): Promise<void> {
  expect(refusal.status).to.equal(503);
  expect(refusal.headers.get('retry-after')).to.match(/^\d+$/);
  expect(((await refusal.json()) as { detail: string }).detail).to.match(/^The event was not stored: /);
}

describe('When nothing more can be made safe', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  it('a full journal answers 503 and acknowledges nothing, and goes on once ClickHouse is back', async function () {
    this.timeout(60_000);
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    const env = { DATA_DIR: directory.path, CLICKHOUSE_DATABASE: database.name, JOURNAL_MAX_BYTES: '50000' };
    const cutOff = await startServer({ ...env, CLICKHOUSE_URL: 'http://127.0.0.1:9' });
    closing.add('cut off', () => cutOff.kill());
    const { acknowledged, refusal } = await fill(cutOff);
    expect(acknowledged).to.have.length.within(50, 250);
    await expectHonestRefusal(refusal);
    expect((await fetch(`${cutOff.url}/health/ready`)).status).to.equal(503);
    await cutOff.stop();
    const server = await startServer({ ...env, ...endpointEnv(testEndpoint()) });
    closing.add('server', () => server.stop());
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database.name);
      expect([...stored.keys()]).to.have.members(acknowledged);
      const answer = await fetch(`${server.url}/analytics?timestamp=1&user=${acknowledged[0]}&click`, {
        method: 'POST',
      });
      expect(answer.status).to.equal(204);
    }, 20_000);
  });
});
