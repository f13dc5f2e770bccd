import { setMaxListeners } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { simulate } from '../../bench/simulation.ts';
import { connect } from '../../server/clickhouse/client.ts';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { verifyCounts } from '../../server/queries/verify/verify-counts.ts';
import { freePort } from '../support/server/free-port.ts';
import { needsNginx, startNginx } from '../support/server/nginx.ts';
import { eventually } from '../support/http/outcome.ts';
import { startServer, type ServerProcess } from '../support/server/server-process.ts';
import { startTwoShards } from '../support/clickhouse/shards.ts';
import { tempDir } from '../support/temp-dir.ts';

const DATABASE = 'test_simulate_on_shards';
/** More than there is time for. */
const EVENTS = 1_000_000;
/** `npm run simulate -- --help` says how to offer more. */
const RATE_PER_S = 120;

async function oldestWaitingS(url: string): Promise<number> {
  const answer = await fetch(`${url}/health`);
  const { parts } = (await answer.json()) as { parts: { backlog: { oldest_waiting_seconds: number } } };
  return parts.backlog.oldest_waiting_seconds;
}

describe('npm run simulate, through nginx, at three servers on two shards', () => {
  before(needsNginx);

  it('tallies every hour while a server is added, one is removed, one is killed and a shard is restarted', async function () {
    this.timeout(180_000);
    const closing = new Closing();
    try {
      const cluster = await startTwoShards('test_*', closing);
      const { endpoint, shards } = cluster;
      const directory = await tempDir();
      closing.add('data', () => directory.remove());
      const started: ServerProcess[] = [];
      closing.add('servers', () => Promise.all(started.map((server) => server.stop())));
      const start = async (port: number): Promise<ServerProcess> => {
        const server = await startServer({
          ...endpointEnv(endpoint),
          CLICKHOUSE_DATABASE: DATABASE,
          DATA_DIR: directory.path,
          PORT: String(port),
        });
        started.push(server);
        return server;
      };
      const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
      const [removed, killed, kept] = await Promise.all([start(ports[0]), start(ports[1]), start(ports[2])]);
      const nginx = await startNginx(ports.map((port) => `http://127.0.0.1:${port}`));
      closing.add('nginx', () => nginx.stop());

      const stop = new AbortController();
      // Each request and each pause listens.
      setMaxListeners(0, stop.signal);
      const options = { url: nginx.url, events: EVENTS, users: 300, ratePerS: RATE_PER_S, seed: 6 };
      let done = 0;
      const simulated = simulate(options, (count) => (done = count), stop.signal);
      await eventually(() => expect(done).to.be.above(300), 30_000);
      const added = await start(ports[3]);
      await shards[1].stop();
      // What it could not ship, the others take over.
      await killed.kill();
      await shards[1].start();
      const restartedMs = performance.now();
      expect(await removed.stop()).to.equal(0);
      await eventually(async () => {
        const owners = await readdir(path.join(directory.path, 'journal'));
        expect(owners).to.have.length(2);
        // All that came while the shard was unavailable is stored, however busy the machine.
        const sinceS = (performance.now() - restartedMs) / 1000;
        for (const { url } of [kept, added]) expect(await oldestWaitingS(url)).to.be.below(sinceS);
      }, 60_000);
      stop.abort();
      const { record, tallies } = await simulated;

      expect(tallies.filter(({ holds }) => !holds)).to.deep.equal([]);
      expect(record.outcomes).to.include({ undelivered: 0, rejected: 0 });
      expect(record.failedReads, record.complaints.join()).to.equal(0);
      expect(record.outcomes.acknowledged).to.be.above(300);
      expect(tallies).to.have.length.above(10);
      const client = connect({ endpoint, role: 'query', database: DATABASE });
      closing.add('client', () => client.close());
      const everything = { fromS: 0, toS: 4_294_966_800 };
      expect(await verifyCounts(client, everything, { attempts: 0, pauseMs: 0 })).to.deep.equal([]);
    } finally {
      await closing.close();
    }
  });
});
