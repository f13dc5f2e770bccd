import { expect } from 'chai';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startServer } from '../../support/server/server-process.ts';
import { rowsOf, storedUsers } from '../../support/clickhouse/stored.ts';
import { tempDir } from '../../support/temp-dir.ts';

const MONTHS = 600;

describe('A body with events of 600 months', () => {
  it('is stored, each event once, and with few parts', async function () {
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
      });
      closing.add('server', () => server.stop());
      const users = Array.from({ length: MONTHS }, (_, month) => `m${month}`);
      const events = users.map((user, month) =>
        eventText({ category: 'analytics', name: 'click', user, timestamp: Date.UTC(1971, month, 15) }),
      );
      expect((await postEvents(server.url, events.join('\n'), NDJSON)).body.accepted).to.equal(MONTHS);
      await eventually(async () => {
        const stored = await storedUsers(testEndpoint(), database);
        expect([...stored.keys()]).to.have.members(users);
        expect(new Set(stored.values())).to.deep.equal(new Set([1]));
      }, 90_000);
      const [spread] = await rowsOf<{ months: number | string; partitions: number | string }>(
        testEndpoint(),
        database,
        'SELECT uniqExact(toYYYYMM(timestamp)) AS months, uniqExact(_partition_id) AS partitions FROM events',
      );
      expect(Number(spread?.months)).to.equal(MONTHS);
      expect(Number(spread?.partitions)).to.be.at.most(7);
    } finally {
      await closing.close();
    }
  });
});
