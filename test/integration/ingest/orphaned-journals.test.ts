import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { postEvents } from '../../support/http/events-api.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startServer, type ServerProcess } from '../../support/server/server-process.ts';
import { storedUsers } from '../../support/clickhouse/stored.ts';
import { closedDoor, type Door } from '../../support/server/tcp-door.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const LIMIT_BYTES = 1024 * 1024;
const USERS = ['ada', 'grace', 'mary'];

async function post({ url }: ServerProcess): Promise<void> {
  for (const user of USERS) {
    const target = `${url}/analytics?timestamp=${Date.now()}&user=${user}&click`;
    expect((await fetch(target, { method: 'POST' })).status).to.equal(204);
  }
}

/** ClickHouse can be kept from each server by a door of its own. */
describe('The journal of a server that is gone', () => {
  let closing: Closing;
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let directory: TempDir;

  beforeEach(async () => {
    closing = new Closing();
    database = await testDatabase();
    closing.add('database', () => database.drop());
    directory = await tempDir();
    closing.add('directory', () => directory.remove());
  });
  afterEach(async () => closing.close());

  async function start(
    env: NodeJS.ProcessEnv = {},
    way: 'open' | 'closed' = 'open',
  ): Promise<{ readonly server: ServerProcess; readonly door: Door }> {
    const endpoint = testEndpoint();
    const door = await closedDoor(endpoint.urls[0]);
    closing.add('door', () => door.close());
    if (way === 'open') door.open();
    const server = await startServer({
      ...env,
      ...endpointEnv({ ...endpoint, urls: [door.url] }),
      CLICKHOUSE_DATABASE: database.name,
      DATA_DIR: directory.path,
    });
    closing.add('server', () => server.stop());
    return { server, door };
  }

  async function expectEachUser(times: number, others: Readonly<Record<string, number>> = {}): Promise<void> {
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database.name);
      const expected = { ...Object.fromEntries(USERS.map((user) => [user, times])), ...others };
      expect(Object.fromEntries(stored)).to.deep.equal(expected);
    });
  }

  const owners = async () => (await readdir(path.join(directory.path, 'journal'))).sort();

  it('is taken over by one that runs already, killed or stopped in order', async () => {
    await start();
    for (const [index, end] of (['kill', 'stop'] as const).entries()) {
      const { server, door } = await start();
      await door.close();
      await post(server);
      await server[end]();
      await expectEachUser(index + 1);
      await eventually(async () => expect(await owners()).to.have.length(1));
    }
  }).timeout(60_000);

  it('is left where it is by one that could not ship it either', async () => {
    const kept = await start();
    await kept.door.close();
    await post(kept.server);
    const gone = await start();
    await gone.door.close();
    await post(gone.server);
    await gone.server.kill();
    const before = await owners();
    expect(before).to.have.length(2);
    await sleep(5_000);
    expect(await owners()).to.deep.equal(before);
    kept.door.open();
    await expectEachUser(2);
  }).timeout(60_000);

  it('is shared out in an outage, so that each server that starts has room for new events', async () => {
    const limit = { JOURNAL_MAX_BYTES: String(LIMIT_BYTES) };
    const large = JSON.stringify({ name: 'large', user: 'large', data: { text: 'x'.repeat(0.6 * LIMIT_BYTES) } });
    const gone = [await start(limit), await start(limit)];
    for (const { server, door } of gone) {
      await door.close();
      expect((await postEvents(server.url, large)).status).to.equal(202);
    }
    // Not before both have their own: one with an empty journal would take over what the other had.
    for (const { server } of gone) await server.kill();
    const heirs = [await start(limit, 'closed'), await start(limit, 'closed')];
    await eventually(async () => expect(await owners()).to.have.length(2));
    for (const { server } of heirs) await post(server);
    for (const { door } of heirs) door.open();
    await expectEachUser(2, { large: 2 });
  }).timeout(60_000);
});
