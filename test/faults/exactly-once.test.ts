import { expect } from 'chai';
import { endpointEnv } from '../../server/clickhouse/endpoint.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse.ts';
import { startLoad, type LoadReport } from '../support/load.ts';
import { eventually } from '../support/outcome.ts';
import { startProxy, type Answered, type Verdict } from '../support/proxy.ts';
import { startServer } from '../support/server-process.ts';
import { rowsOf, storedUsers, totals } from '../support/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('Every acknowledged event is stored exactly once', () => {
  let closing: Closing;
  let database: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    closing = new Closing();
    const created = await testDatabase();
    closing.add('database', () => created.drop());
    database = created.name;
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    env = { ...endpointEnv(testEndpoint()), CLICKHOUSE_DATABASE: database, DATA_DIR: directory.path };
  });
  afterEach(async () => closing.close());

  async function proxied(judge: (answered: Answered) => Promise<Verdict>): Promise<Record<string, string>> {
    const proxy = await startProxy(testEndpoint().urls[0], judge);
    closing.add('proxy', () => proxy.close());
    return { ...env, CLICKHOUSE_URL: proxy.url, BATCH_MAX_WAIT_MS: '50' };
  }

  async function expectEachOnce({
    acknowledged,
    sent,
  }: Pick<LoadReport, 'acknowledged' | 'sent'>): Promise<void> {
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database);
      expect([...acknowledged].filter((user) => !stored.has(user))).to.deep.equal([]);
      expect([...stored].filter(([, times]) => times !== 1)).to.deep.equal([]);
      expect([...stored.keys()].filter((user) => !sent.has(user))).to.deep.equal([]);
      const { raw, view } = await totals(testEndpoint(), database);
      expect(view).to.deep.equal(raw);
    }, 30_000);
  }

  it('when the answer of ClickHouse is cut off after its commit, again and again', async function () {
    this.timeout(60_000);
    let inserts = 0;
    let cuts = 0;
    const through = await proxied(async ({ query, status }) => {
      if (!query.startsWith('INSERT INTO events') || status !== 200) return 'pass';
      inserts += 1;
      if (inserts % 3 === 0) return 'pass';
      cuts += 1;
      return 'cut';
    });
    const server = await startServer(through);
    closing.add('server', () => server.stop());
    const load = startLoad({ url: () => server.url, connections: 10, timestampMs: Date.now, prefix: 'u' });
    await eventually(() => expect(cuts).to.be.at.least(6), 30_000);
    const report = await load.stop();
    expect(report.acknowledged.size).to.equal(report.sent.size);
    await expectEachOnce(report);
  });

  it('when the server dies between the commit of ClickHouse and its own note of it', async function () {
    this.timeout(60_000);
    const sent = new Set<string>();
    const acknowledged = new Set<string>();
    let kill: (() => Promise<void>) | undefined;
    const through = await proxied(async ({ query, status }) => {
      if (!query.startsWith('INSERT INTO events') || status !== 200 || kill === undefined) return 'pass';
      await kill();
      kill = undefined;
      return 'cut';
    });
    for (let life = 0; life < 4; life += 1) {
      const server = await startServer(through);
      closing.add('server', () => server.kill());
      for (let i = 0; i < 5; i += 1) {
        const user = `life${life}-${i}`;
        sent.add(user);
        const answer = await fetch(`${server.url}/analytics?timestamp=${Date.now()}&user=${user}&click`, {
          method: 'POST',
        });
        if (answer.status === 204) acknowledged.add(user);
      }
      kill = async () => server.kill();
      await eventually(() => expect(kill).to.equal(undefined), 20_000);
    }
    expect(acknowledged.size).to.equal(20);
    const last = await startServer(through);
    closing.add('server', () => last.stop());
    await expectEachOnce({ acknowledged, sent });
  });

  it('when one batch holds events of 600 months', async function () {
    this.timeout(60_000);
    const server = await startServer({ ...env, BATCH_MAX_WAIT_MS: '5000' });
    closing.add('server', () => server.stop());
    const users = Array.from({ length: 600 }, (_, month) => ({
      user: `m${month}`,
      at: Date.UTC(1971, month, 15),
    }));
    const answers = await Promise.all(
      users.map(async ({ user, at }) =>
        fetch(`${server.url}/analytics?timestamp=${at}&user=${user}&click`, { method: 'POST' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([204]));
    const names = new Set(users.map(({ user }) => user));
    await expectEachOnce({ acknowledged: names, sent: names });
    const [spread] = await rowsOf<{ months: string; batches: string }>(
      testEndpoint(),
      database,
      'SELECT uniqExact(toYYYYMM(timestamp)) AS months, uniqExact(batch) AS batches FROM events',
    );
    expect(Number(spread?.months)).to.equal(600);
    expect(Number(spread?.batches)).to.equal(1);
  });

  it('when two servers take events for one ClickHouse', async function () {
    this.timeout(60_000);
    const servers = [await startServer(env), await startServer(env)];
    servers.forEach((server, index) => closing.add(`server ${index}`, () => server.stop()));
    let turn = 0;
    const url = () => servers[(turn += 1) % 2]?.url ?? '';
    const load = startLoad({ url, connections: 20, timestampMs: Date.now, prefix: 'u' });
    await eventually(
      async () => expect((await storedUsers(testEndpoint(), database)).size).to.be.above(500),
      20_000,
    );
    const report = await load.stop();
    expect(report.acknowledged.size).to.equal(report.sent.size);
    await expectEachOnce(report);
    const hour = Date.now();
    const counts = await Promise.all(
      servers.map(async ({ url }) =>
        (
          await fetch(`${url}/analytics?timestamp=${hour}`, { headers: { 'Cache-Control': 'no-cache' } })
        ).text(),
      ),
    );
    expect(counts[0]).to.equal(counts[1]);
  });
});
