import { expect } from 'chai';
import { endpointEnv } from '../../server/clickhouse/endpoint.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from '../../clickhouse/embedded.ts';
import { Closing } from '../../server/closing.ts';
import { HOUR_MS } from '../../server/events/hours.ts';
import { createLogger } from '../../server/log.ts';
import { startLoad } from '../support/load.ts';
import { eventually } from '../support/outcome.ts';
import { startServer } from '../support/server-process.ts';
import { storedUsers, totals } from '../support/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

const KILLS = Number(process.env['KILLS'] ?? 10);

/** Past hours too, so that one segment touches several partitions of both tables. */
function anyRecentHour(): number {
  return Date.now() - Math.floor(Math.random() * 2000) * HOUR_MS;
}

describe('Under load, while the server and ClickHouse are killed with -9 at random', () => {
  it(`${KILLS} times each: acknowledged ≤ stored ≤ sent, each once, and raw and view agree`, async function () {
    this.timeout(120_000 + KILLS * 10_000);
    const closing = new Closing();
    try {
      const directories = [await tempDir(), await tempDir()] as const;
      for (const directory of directories) closing.add('directory', () => directory.remove());
      const engine = await startEngine({
        directory: directories[0].path,
        log: createLogger('silent'),
        database: 'test_*',
      });
      closing.add('engine', () => engine.close());
      const database = 'test_kills';
      const env = {
        ...endpointEnv(engine.endpoint),
        CLICKHOUSE_DATABASE: database,
        DATA_DIR: directories[1].path,
        BATCH_MAX_WAIT_MS: '50',
      };
      let server = await startServer(env);
      closing.add('server', () => server.stop());
      const load = startLoad({
        url: () => server.url,
        connections: 16,
        timestampMs: anyRecentHour,
        prefix: 'u',
      });

      const killServers = async () => {
        for (let i = 0; i < KILLS; i += 1) {
          await sleep(200 + Math.random() * 1000);
          await server.kill();
          server = await startServer(env);
        }
      };
      const killEngines = async () => {
        for (let i = 0; i < KILLS; i += 1) {
          await sleep(500 + Math.random() * 1500);
          const { pid } = engine;
          process.kill(pid, 'SIGKILL');
          await eventually(() => expect(engine.pid).not.to.equal(pid), 30_000);
        }
      };
      await Promise.all([killServers(), killEngines()]);
      const { sent, acknowledged } = await load.stop();
      expect(acknowledged.size).to.be.above(1000);

      await eventually(async () => {
        const health = (await (await fetch(`${server.url}/health`)).json()) as {
          parts: { backlog: { events: number } };
        };
        expect(health.parts.backlog.events).to.equal(0);
        const stored = await storedUsers(engine.endpoint, database);
        expect(
          [...acknowledged].filter((user) => !stored.has(user)),
          'acknowledged but not stored',
        ).to.deep.equal([]);
        expect(
          [...stored].filter(([, times]) => times !== 1),
          'stored more than once',
        ).to.deep.equal([]);
        expect(
          [...stored.keys()].filter((user) => !sent.has(user)),
          'stored but never sent',
        ).to.deep.equal([]);
        const { raw, view } = await totals(engine.endpoint, database);
        expect(view, 'the view').to.deep.equal(raw);
      }, 60_000);
    } finally {
      await closing.close();
    }
  });
});
