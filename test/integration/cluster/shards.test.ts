import { expect } from 'chai';
import { connect } from '../../../server/clickhouse/client.ts';
import { insertRows } from '../../../server/shipping/insert-rows.ts';
import { Readable } from 'node:stream';
import { defaults } from '../../../server/config/config.ts';
import { eventRow } from '../../support/clickhouse/insert-events.ts';
import { eventually } from '../../support/http/outcome.ts';
import { onTwoShards } from '../../support/clickhouse/on-two-shards.ts';
import { totals } from '../../support/clickhouse/stored.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const HOUR_MS = 3600_000;
const START_MS = Date.UTC(2024, 4, 17, 13);

function clicks(count: number, user: (index: number) => string) {
  return Array.from({ length: count }, (_, index) =>
    eventRow({
      timestamp: (START_MS + (index % 48) * HOUR_MS) * 1000,
      event_id: `e${index}`,
      session_id: `s${index}`,
      user: user(index),
      category: 'analytics',
      name: index % 3 === 0 ? 'impression' : 'click',
    }),
  );
}

describe('Two shards', function () {
  this.timeout(120_000);
  const test = onTwoShards();

  async function start(...[config, surroundings]: Parameters<typeof startTestApp>): Promise<TestApp> {
    const service = await startTestApp({ clickhouse: test.cluster.endpoint, ...config }, surroundings);
    test.closing.add('service', () => service.remove());
    return service;
  }

  /** Inserts as the service does, by way of one node. */
  async function ship(node: 0 | 1, table: string, rows: readonly object[]): Promise<void> {
    const { urls, ...others } = test.cluster.endpoint;
    const url = urls[node];
    if (url === undefined) throw new RangeError(`there is no node ${node}`);
    const client = connect({ endpoint: { ...others, urls: [url] }, role: 'ingest', database: test.database });
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    try {
      await insertRows(client, { table, rows: async () => Readable.from([text]) });
    } finally {
      await client.close();
    }
  }

  it('count each event once, however often and by way of whichever node it is sent', async () => {
    await test.up();
    const rows = clicks(1000, (index) => `u${index % 100}`);
    await ship(0, 'events', rows);
    await ship(1, 'events', rows);
    await Promise.all([ship(0, 'events', rows), ship(1, 'events', rows.toReversed())]);
    const { raw, view } = await totals(test.cluster.endpoint, test.database);
    expect(raw).to.deep.equal({ rows: 1000, users: 100 });
    expect(view).to.deep.equal(raw);
    const counts = await test.onEach<{ events: string }>('SELECT uniqExact(event_id) AS events FROM events_local');
    const [first = 0, second = 0] = counts.map(([row]) => Number(row?.events));
    expect(first + second, 'each event is on one shard').to.equal(1000);
    expect(Math.min(first, second)).to.be.above(200);
  });

  it('share events and rejected events by their id', async () => {
    await test.up();
    await ship(
      0,
      'events',
      clicks(200, () => ''),
    );
    await ship(
      1,
      'rejected_events',
      Array.from({ length: 200 }, (_, index) => ({ received_at: Date.now() * 1000, event_id: `r${index}` })),
    );
    for (const table of ['events', 'rejected_events']) {
      const counts = await test.onEach<{ rows: string }>(`SELECT count() AS rows FROM ${table}_local`);
      const [first = 0, second = 0] = counts.map(([row]) => Number(row?.rows));
      expect(first + second).to.equal(200);
      expect(Math.min(first, second), table).to.be.above(50);
    }
  });

  it('count a user once whose events are on both', async () => {
    const service = await start({ database: test.database });
    const rows = clicks(600, (index) => `u${index % 7}`);
    for (const [shard, { endpoint }] of test.cluster.shards.entries()) {
      const client = connect({ endpoint, role: 'admin', database: test.database });
      await client.insert({
        table: 'events_local',
        values: rows.filter((_, index) => index % 2 === shard),
        format: 'JSONEachRow',
      });
      await client.close();
    }
    const range = `from=${START_MS}&to=${START_MS + 48 * HOUR_MS}`;
    const answer = await fetch(`${service.url}/analytics/hours?${range}`);
    const { hours } = (await answer.json()) as {
      hours: { unique_users: number; clicks: number; impressions: number }[];
    };
    const expected = Array.from({ length: 48 }, (_, hour) => {
      const own = rows.filter((_, index) => index % 48 === hour);
      return {
        unique_users: new Set(own.map(({ user }) => user)).size,
        clicks: own.filter(({ name }) => name === 'click').length,
        impressions: own.filter(({ name }) => name === 'impression').length,
      };
    });
    expect(hours.map(({ unique_users, clicks, impressions }) => ({ unique_users, clicks, impressions }))).to.deep.equal(
      expected,
    );
  });

  it('are one answer or none: while one is unavailable questions get 503, and events wait for it', async () => {
    const service = await start({ database: test.database });
    const now = Date.now();
    const post = async (user: string) =>
      fetch(`${service.url}/analytics?timestamp=${now}&user=${user}&click`, { method: 'POST' });
    const fresh = async (path: string) => fetch(`${service.url}${path}`, { headers: { 'Cache-Control': 'no-cache' } });
    expect((await post('u0')).status).to.equal(204);
    await eventually(async () => expect((await totals(test.cluster.endpoint, test.database)).view.rows).to.equal(1));
    const [unavailable] = test.cluster.shards[1].endpoint.urls;
    await test.cluster.shards[1].stop();
    try {
      for (let user = 1; user < 20; user += 1) expect((await post(`u${user}`)).status).to.equal(204);
      const past = now - 5 * HOUR_MS;
      for (const path of [`/analytics?timestamp=${past}`, '/events', '/categories', '/events/top', '/sessions/x']) {
        expect((await fresh(path)).status, path).to.equal(503);
      }
      // The node that is up is unavailable too, as far as /health can see, when it is too busy to answer within its time.
      await eventually(async () => {
        const { status, parts } = (await (await fresh('/health')).json()) as {
          status: string;
          parts: { clickhouse: { state: string; nodes: { node: string; state: string }[] } };
        };
        expect(status).to.equal('degraded');
        expect(parts.clickhouse.nodes.map(({ node, state }) => `${node} ${state}`)).to.deep.equal([
          `${new URL(test.cluster.endpoint.urls[0]).host} up`,
          `${new URL(unavailable).host} unavailable`,
        ]);
        expect(parts.clickhouse.state).to.equal('partly unavailable');
      });
    } finally {
      await test.cluster.shards[1].start();
    }
    await eventually(async () => {
      const answer = await fresh(`/analytics?timestamp=${now}`);
      expect(await answer.text()).to.equal('unique_users,20\nclicks,20\nimpressions,0\n');
    }, 30_000);
    const { raw, view } = await totals(test.cluster.endpoint, test.database);
    expect(raw.rows).to.equal(20);
    expect(view).to.deep.equal(raw);
  });

  it('are verified together, and repaired each from its own events while more arrive', async () => {
    const journal = { ...defaults.journal, batchMaxWaitMs: 250 };
    // A service migrates beside its start, and what is inserted past it has to find the tables whole.
    await test.up();
    const service = await start({ database: test.database, journal });
    await ship(
      0,
      'events',
      clicks(500, (index) => `u${index}`),
    );
    expect((await test.run('server/cli/verify.js')).stdout).to.include('agree');
    const damage = ['hours_local DELETE WHERE toHour(hour) = 13', 'minutes_local DELETE WHERE toHour(minute) = 14'];
    for (const [shard, { endpoint }] of test.cluster.shards.entries()) {
      const client = connect({ endpoint, role: 'admin', database: test.database });
      const query = `ALTER TABLE ${damage[shard] ?? ''}`;
      await client.command({ query, clickhouse_settings: { mutations_sync: '2' } });
      await client.close();
    }
    let posted = 0;
    const poster = setInterval(() => {
      void fetch(`${service.url}/analytics?timestamp=${START_MS}&user=late${posted}&click`, {
        method: 'POST',
      }).then(({ status }) => void (posted += status === 204 ? 1 : 0));
    }, 50);
    try {
      const { exitCode, stdout, stderr } = await test.run('server/cli/verify.js', '--repair');
      expect(exitCode, stdout + stderr).to.equal(0);
      expect(stdout).to.include('Counted 4 hours anew');
    } finally {
      clearInterval(poster);
    }
    await eventually(async () => {
      const { raw, view } = await totals(test.cluster.endpoint, test.database);
      expect(raw.rows).to.equal(500 + posted);
      expect(view).to.deep.equal(raw);
    }, 30_000);
    expect((await test.run('server/cli/verify.js')).exitCode).to.equal(0);
  });

  it('answer the analyst as one', async () => {
    await test.up();
    await ship(
      1,
      'events',
      clicks(300, (index) => `u${index % 50}`),
    );
    const { exitCode, stdout } = await test.run(
      'server/cli/sql.js',
      'SELECT uniqExact(user), count() FROM events FORMAT TSV',
    );
    expect(exitCode).to.equal(0);
    expect(stdout).to.equal('50\t300\n');
    const write = await test.run('server/cli/sql.js', 'INSERT INTO events (user) VALUES (1)');
    expect(write.exitCode).to.equal(1);
  });
});
