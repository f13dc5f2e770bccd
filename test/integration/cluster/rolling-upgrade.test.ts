import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { startChildServer, type ChildServer } from '../../../bench/servers/child-server.ts';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import { Closing } from '../../../server/closing.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { Ledger } from '../../support/events/ledger.ts';
import { needsNginx, startNginx } from '../../support/server/nginx.ts';
import { eventually } from '../../support/http/outcome.ts';
import { seeded } from '../../support/events/random.ts';
import { rowsOf, storedUsers } from '../../support/clickhouse/stored.ts';
import { freePort } from '../../support/server/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startTraffic } from '../../support/events/traffic.ts';

const PARTS = ['server', 'clickhouse', 'page', 'snippet'];

/** This version of the service with one migration more, in a folder of its own. Returns its main program. */
async function nextVersion(directory: string, migration: string): Promise<string> {
  for (const part of PARTS)
    await cp(path.join('.build', part), path.join(directory, '.build', part), { recursive: true });
  await mkdir(path.join(directory, 'migrations'));
  await cp('migrations', path.join(directory, 'migrations'), {
    recursive: true,
    filter: (file) => !file.endsWith('.ts'),
  });
  await writeFile(path.join(directory, 'migrations', '9999_next.sql'), migration);
  await cp('package.json', path.join(directory, 'package.json'));
  await symlink(path.resolve('node_modules'), path.join(directory, 'node_modules'));
  return path.join(directory, '.build', 'server', 'main.js');
}

describe('An upgrade, server by server, behind nginx', () => {
  let closing: Closing;

  before(needsNginx);
  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  it('with a migration loses no request, and counts each event once', async () => {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const [data, next] = [await tempDir(), await tempDir()];
    for (const directory of [data, next]) closing.add('directory', () => directory.remove());
    const newMain = await nextVersion(
      next.path,
      "ALTER TABLE events ADD COLUMN IF NOT EXISTS campaign String DEFAULT 'none'",
    );
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const start = async (main: string, port: number): Promise<ChildServer> => {
      const server = await startChildServer(main, {
        ...endpointEnv(testEndpoint()),
        CLICKHOUSE_DATABASE: database.name,
        DATA_DIR: data.path,
        SCHEMAS_DIR: path.resolve('schemas'),
        PORT: String(port),
        LOG_LEVEL: 'fatal',
      });
      closing.add('server', () => server.close());
      return server;
    };
    // Two servers of this version; the third place is free.
    const [first, second, third] = ports;
    const old = [await start(path.resolve('.build/server/main.js'), first)];
    old.push(await start(path.resolve('.build/server/main.js'), second));
    const nginx = await startNginx(ports.map((port) => `http://127.0.0.1:${port}`));
    closing.add('nginx', () => nginx.stop());

    const ledger = new Ledger();
    const random = seeded('upgrade');
    const traffic = startTraffic({ url: () => nginx.url, ledger, random, connections: 8, pauseMs: 0 });
    await sleep(300);
    await start(newMain, third);
    await sleep(300);
    await old[0]?.close();
    await start(newMain, first);
    await sleep(300);
    await old[1]?.close();
    await sleep(300);
    await traffic.stop();

    expect(ledger.statuses, nginx.said).to.have.all.keys('202', '204');
    const acknowledged = ledger.having('acknowledged');
    expect(acknowledged).to.have.length.above(100);
    const query = "SELECT count() AS applied FROM migrations WHERE name = '9999_next'";
    const [migration] = await rowsOf<{ applied: string | number }>(testEndpoint(), database.name, query);
    expect(Number(migration?.applied)).to.be.above(0);
    await eventually(async () => {
      const stored = await storedUsers(testEndpoint(), database.name);
      expect(stored.size).to.equal(acknowledged.length);
      expect(acknowledged.filter((user) => stored.get(user) !== 1)).to.deep.equal([]);
    }, 20_000);
  }).timeout(90_000);
});
