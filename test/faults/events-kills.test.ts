import { expect } from 'chai';
import { endpointEnv } from '../../server/clickhouse/endpoint.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse.ts';
import { eventText, NDJSON, postEvents } from '../support/events-api.ts';
import { eventually } from '../support/outcome.ts';
import { startServer } from '../support/server-process.ts';
import { rowsOf } from '../support/stored.ts';
import { tempDir } from '../support/temp-dir.ts';

const KILLS = Number(process.env['KILLS'] ?? 5);
const EVENTS_PER_BODY = 50;

/** Sends bodies of good events and one bad, one after the other, and notes which were acknowledged. */
async function sendUntil(
  signal: AbortSignal,
  sender: number,
  url: () => string,
  acknowledged: Set<string>,
): Promise<void> {
  for (let number = 0; !signal.aborted; number += 1) {
    const session = `${sender}-${number}`;
    const good = Array.from({ length: EVENTS_PER_BODY }, () => eventText({ session_id: session }));
    const answer = await postEvents(url(), [...good, `{"bad":"${session}"}`].join('\n'), NDJSON).catch(
      () => undefined,
    );
    if (answer?.status === 202) acknowledged.add(session);
    else await sleep(20);
  }
}

describe('POST /events while the server is killed with -9', () => {
  it(`${KILLS} times: every body that was acknowledged is there once and whole, with what was rejected of it`, async function () {
    this.timeout(60_000 + KILLS * 10_000);
    const closing = new Closing();
    try {
      const database = await testDatabase();
      closing.add('database', () => database.drop());
      const directory = await tempDir();
      closing.add('directory', () => directory.remove());
      const env = {
        ...endpointEnv(testEndpoint()),
        CLICKHOUSE_DATABASE: database.name,
        DATA_DIR: directory.path,
        BATCH_MAX_WAIT_MS: '50',
      };
      let server = await startServer(env);
      closing.add('server', () => server.stop());
      const acknowledged = new Set<string>();
      const stop = new AbortController();
      const senders = [1, 2, 3, 4].map((sender) =>
        sendUntil(stop.signal, sender, () => server.url, acknowledged),
      );
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(200 + Math.random() * 500);
        await server.kill();
        server = await startServer(env);
      }
      await sleep(200);
      stop.abort();
      await Promise.all(senders);
      expect(acknowledged.size).to.be.above(20);

      await eventually(async () => {
        const stored = await rowsOf<{ session: string; events: string; different: string }>(
          testEndpoint(),
          database.name,
          'SELECT session_id AS session, count() AS events, uniqExact(name) AS different FROM events GROUP BY session',
        );
        const sessions = new Map(stored.map((each) => [each.session, each]));
        for (const session of acknowledged) {
          const found = sessions.get(session);
          expect([Number(found?.events), Number(found?.different)], session).to.deep.equal([
            EVENTS_PER_BODY,
            EVENTS_PER_BODY,
          ]);
        }
        for (const { events, different } of stored) expect(events).to.equal(different);
        const rejected = await rowsOf<{ payload: string; times: string }>(
          testEndpoint(),
          database.name,
          'SELECT payload, count() AS times FROM rejected_events GROUP BY payload',
        );
        const times = new Map(rejected.map((each) => [each.payload, Number(each.times)]));
        for (const session of acknowledged) expect(times.get(`{"bad":"${session}"}`), session).to.equal(1);
      }, 30_000);
    } finally {
      await closing.close();
    }
  });
});
