import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaults } from '../../server/config/config.ts';
import { startApp } from '../../server/app.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { silentLog } from '../support/logs.ts';
import { eventually } from '../support/http/outcome.ts';
import { PASS, startProxy } from '../support/server/proxy.ts';
import { storedUsers } from '../support/clickhouse/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

const INSERT_MS = 200;

describe('When ClickHouse is slower than what arrives', () => {
  const closing = new Closing();
  after(async () => closing.close());

  it('refuses once the journal is full, says when to come back from how fast it drains, and loses nothing', async function () {
    this.timeout(60_000);
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    const proxy = await startProxy({
      target: testEndpoint().urls[0],
      judge: ({ query }) => (query.startsWith('INSERT INTO events') ? { do: 'delay', ms: INSERT_MS } : PASS),
    });
    closing.add('proxy', () => proxy.close());
    const app = await startApp(
      {
        ...defaults,
        port: 0,
        dataDir: directory.path,
        clickhouse: { ...testEndpoint(), urls: [proxy.url] },
        database: database.name,
        journal: { ...defaults.journal, batchMaxWaitMs: 20, segmentMaxBytes: 5_000, maxBytes: 50_000 },
      },
      { log: silentLog },
    );
    closing.add('app', () => app.close());

    const acknowledged: string[] = [];
    const waits: number[] = [];
    for (let i = 0; waits.length < 30; i += 1) {
      const user = `${i}-${'x'.repeat(200)}`;
      const answer = await fetch(`${app.url}/analytics?timestamp=1&user=${user}&click`, { method: 'POST' });
      if (answer.status === 204) acknowledged.push(user);
      else {
        expect(answer.status).to.equal(503);
        waits.push(Number(answer.headers.get('Retry-After')));
        await sleep(100);
      }
    }
    // A tenth of the journal drains in about one insert.
    expect(waits.slice(10)).to.satisfy((all: number[]) => all.every((wait) => wait >= 1 && wait <= 5));
    expect((await fetch(`${app.url}/analytics?timestamp=1`)).status).to.equal(200);
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database.name);
      expect([...stored.keys()]).to.have.members(acknowledged);
      expect([...stored.values()].every((times) => times === 1)).to.equal(true);
    }, 30_000);
  });
});
