import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect } from '../../server/clickhouse/client.ts';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { HOUR_MS } from '../../server/events/hours.ts';
import { verifyCounts } from '../../server/queries/verify/verify-counts.ts';
import { Ledger } from '../support/events/ledger.ts';
import { eventually } from '../support/http/outcome.ts';
import { seeded } from '../support/events/random.ts';
import { startServer, type ServerProcess } from '../support/server/server-process.ts';
import { startTwoShards, type Shard } from '../support/clickhouse/shards.ts';
import { storedUsers, totals } from '../support/clickhouse/stored.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startTraffic } from '../support/events/traffic.ts';

const DATABASE = 'test_shards_kills';
const HOURS = 48;
const NOW = Date.now();

async function killEngine(shard: Shard): Promise<void> {
  const { pid } = shard;
  process.kill(pid, 'SIGKILL');
  await eventually(() => expect(shard.pid).not.to.equal(pid), 30_000);
}

/** What a server reports of all hours that were posted to. */
async function tally({ url }: ServerProcess): Promise<{ rows: number; users: number }> {
  const range = `from=${NOW - HOURS * HOUR_MS}&to=${NOW + HOUR_MS}`;
  const answer = await fetch(`${url}/analytics/hours?${range}`);
  expect(answer.status).to.equal(200);
  const { hours } = (await answer.json()) as {
    hours: { clicks: number; impressions: number; unique_users: number }[];
  };
  return {
    rows: hours.reduce((sum, { clicks, impressions }) => sum + clicks + impressions, 0),
    users: hours.reduce((sum, hour) => sum + hour.unique_users, 0),
  };
}

describe('Three servers before two shards, under load', () => {
  it('store what is acknowledged once, while shards and servers are killed, go away and are added', async function () {
    this.timeout(400_000);
    const closing = new Closing();
    try {
      const cluster = await startTwoShards('test_*', closing);
      const { endpoint, shards } = cluster;
      // One directory for all: what a server leaves behind is taken over by the next one that starts.
      const directory = await tempDir();
      closing.add('data', () => directory.remove());
      const started: ServerProcess[] = [];
      closing.add('servers', () => Promise.all(started.map((server) => server.stop())));
      const start = async () => {
        const server = await startServer({
          ...endpointEnv(endpoint),
          CLICKHOUSE_DATABASE: DATABASE,
          DATA_DIR: directory.path,
          BATCH_MAX_WAIT_MS: '200',
        });
        started.push(server);
        return server;
      };
      const [first, second, third] = await Promise.all([start(), start(), start()]);
      let servers = [first, second, third];
      let turn = 0;
      const ledger = new Ledger();
      const random = seeded('shards');
      const traffic = startTraffic({
        url: () => servers[(turn += 1) % servers.length]?.url,
        ledger,
        random,
        // Enough that each kill meets requests and INSERTs.
        connections: 6,
        pauseMs: 20,
        timestampMs: () => NOW - random.whole(0, HOURS - 1) * HOUR_MS,
        isHourlyOnly: true,
      });

      await sleep(1500);
      await killEngine(shards[1]);
      await second.kill();
      servers = [first, third, await start()];
      servers.push(await start());
      await shards[0].stop();
      await third.kill();
      await sleep(1500);
      servers = servers.filter((server) => server !== first && server !== third);
      expect(await first.stop()).to.equal(0);
      await shards[0].start();
      servers.push(await start());
      await killEngine(shards[0]);
      await sleep(1500);
      await traffic.stop();
      const acknowledged = ledger.having('acknowledged');
      expect(acknowledged).to.have.length.above(300);

      await eventually(async () => {
        for (const { url } of servers) {
          const health = (await (await fetch(`${url}/health`)).json()) as {
            parts: { backlog: { events: number } };
          };
          expect(health.parts.backlog.events).to.equal(0);
        }
        const stored = await storedUsers(endpoint, DATABASE);
        expect(acknowledged.filter((user) => !stored.has(user))).to.deep.equal([]);
        expect([...stored].filter(([user, times]) => times !== 1 || !ledger.outcomes.has(user))).to.deep.equal([]);
      }, 90_000);
      const { raw, view } = await totals(endpoint, DATABASE);
      expect(view).to.deep.equal(raw);
      const client = connect({ endpoint, role: 'query', database: DATABASE });
      closing.add('client', () => client.close());
      const everything = { fromS: 0, toS: 4_294_966_800 };
      expect(await verifyCounts(client, everything, { attempts: 0, pauseMs: 0 })).to.deep.equal([]);
      for (const server of servers) {
        expect(await tally(server)).to.deep.equal({ rows: raw.rows, users: raw.rows });
      }
    } finally {
      await closing.close();
    }
  });
});
