import { expect } from 'chai';
import { endpointEnv } from '../../server/clickhouse/endpoint.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse.ts';
import { eventually } from '../support/outcome.ts';
import { startServer } from '../support/server-process.ts';
import { rowsOf, storedUsers } from '../support/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

const MONTHS = 600;

describe('A batch with events of 600 months', () => {
  it('is stored by one INSERT, each event once', async function () {
    this.timeout(150_000);
    const closing = new Closing();
    try {
      const created = await testDatabase();
      closing.add('database', () => created.drop());
      const database = created.name;
      const directory = await tempDir();
      closing.add('data', () => directory.remove());
      const server = await startServer({
        ...endpointEnv(testEndpoint()),
        CLICKHOUSE_DATABASE: database,
        DATA_DIR: directory.path,
        BATCH_MAX_WAIT_MS: '5000',
      });
      closing.add('server', () => server.stop());
      const users = Array.from({ length: MONTHS }, (_, month) => `m${month}`);
      const answers = await Promise.all(
        users.map(async (user, month) => {
          const query = `timestamp=${Date.UTC(1971, month, 15)}&user=${user}&click`;
          return await fetch(`${server.url}/analytics?${query}`, { method: 'POST' });
        }),
      );
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([204]));
      await eventually(async () => {
        const stored = await storedUsers(testEndpoint(), database);
        expect([...stored.keys()]).to.have.members(users);
        expect(new Set(stored.values())).to.deep.equal(new Set([1]));
      }, 90_000);
      const [spread] = await rowsOf<{ months: number | string; batches: number | string }>(
        testEndpoint(),
        database,
        'SELECT uniqExact(toYYYYMM(timestamp)) AS months, uniqExact(batch) AS batches FROM events',
      );
      expect([Number(spread?.months), Number(spread?.batches)]).to.deep.equal([MONTHS, 1]);
    } finally {
      await closing.close();
    }
  });
});
