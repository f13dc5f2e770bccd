import { expect } from 'chai';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import type { ServerFile } from '../../../clickhouse/embedded/engine-files.ts';
import { applyRetention } from '../../../server/clickhouse/retention.ts';
import { readTopology } from '../../../server/clickhouse/topology.ts';
import { withAdmins } from '../../../server/clickhouse/admin-node.ts';
import { Closing } from '../../../server/closing.ts';
import { eraseEvents } from '../../../server/erase/erase-events.ts';
import { migrate } from '../../../server/migrate/migrator.ts';
import { ask } from '../../support/http/ask.ts';
import { failure } from '../../support/http/outcome.ts';
import { silentLog } from '../../support/logs.ts';
import { tempDir } from '../../support/temp-dir.ts';

const DATABASE = 'test_full';

/** More than any disk has: for the engine, the disk is full. */
const FULL: ServerFile = {
  folder: 'config.d',
  name: 'full.xml',
  text: `<clickhouse><storage_configuration><disks><default>
    <keep_free_space_bytes>1000000000000000000</keep_free_space_bytes>
  </default></disks></storage_configuration></clickhouse>`,
};

describe('An embedded engine on a full disk', () => {
  let closing: Closing;
  let directory: string;

  beforeEach(async () => {
    closing = new Closing();
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    directory = path.join(temporary.path, 'clickhouse');
  });
  afterEach(async () => closing.close());

  async function start(...serverFiles: ServerFile[]): Promise<Engine> {
    const engine = await startEngine({ directory, log: silentLog, database: 'test_*', serverFiles });
    closing.add('engine', () => engine.close());
    return engine;
  }

  it('is not migrated, and has nothing half made', async () => {
    const engine = await start(FULL);
    await refusal(migrated(engine));
    expect(await ask(engine.endpoint, 'admin', `EXISTS DATABASE ${DATABASE}`)).to.equal('0');
  });

  it('has nothing erased and no other retention, and says so; it starts as it was', async () => {
    const first = await start();
    await migrated(first);
    await first.close();
    const { endpoint } = await start(FULL);
    const user = { user: 'u', application: '' };
    const topology = await readTopology(endpoint);
    const tables = async () =>
      ask(endpoint, 'admin', `SELECT name, create_table_query FROM system.tables WHERE database = '${DATABASE}'`);
    const before = await tables();
    await withAdmins(topology, { database: DATABASE }, async (nodes) =>
      refusal(eraseEvents(nodes, user, async () => 0, silentLog)),
    );
    await refusal(applyRetention({ endpoint, database: DATABASE, retentionDays: 3, log: silentLog }));
    expect(await tables()).to.equal(before);
  });

  it('starts though definitions of tables that are made again were left empty, and keeps all others', async () => {
    const first = await start();
    await migrated(first);
    await ask(first.endpoint, 'admin', `CREATE TABLE ${DATABASE}.erasure (n UInt8) ENGINE = MergeTree ORDER BY n`);
    await first.close();
    const metadata = path.join(directory, 'data', 'metadata', DATABASE);
    for (const name of ['migration_lock_12', 'erasure_found', 'erasure_hours'])
      await writeFile(path.join(metadata, `${name}.sql`), '');
    const kept = (await readdir(metadata)).filter((name) => !/lock|erasure_/.test(name));
    const next = await start();
    expect(await migrated(next)).to.deep.equal([]);
    expect(await readdir(metadata))
      .to.have.members(kept)
      .and.to.include('erasure.sql');
  });
});

async function migrated({ endpoint }: Engine): Promise<readonly string[]> {
  return await migrate({ endpoint, database: DATABASE, log: silentLog });
}

async function refusal(work: Promise<unknown>): Promise<void> {
  const error = await failure(work);
  expect(error).to.have.property('code', 'overloaded');
  expect(error)
    .to.have.property('message')
    .that.matches(/^No table can be changed: the disk of \/.* Free some room/);
}
