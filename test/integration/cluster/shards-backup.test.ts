import path from 'node:path';
import { expect } from 'chai';
import { backup } from '../../../server/backup/backup.ts';
import { connect } from '../../../server/clickhouse/client.ts';
import { INSERT_SETTINGS } from '../../../server/clickhouse/insert-settings.ts';
import { createLogger } from '../../../server/common/log.ts';
import { eraseUser } from '../../../server/erase/erase-user.ts';
import { eventRow } from '../../support/clickhouse/insert-events.ts';
import { onTwoShards } from '../../support/clickhouse/on-two-shards.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const REMOVED = 'were removed while they were copied';

describe('npm run backup, on two shards', () => {
  const test = onTwoShards();
  let directory: TempDir;
  beforeEach(async () => {
    await test.up();
    directory = await tempDir();
    test.closing.add('directory', () => directory.remove());
    const rows = Array.from({ length: 20 }, (_, at) => eventRow({ event_id: `e${at}`, user: `u${at % 4}` }));
    const client = clientOf(test.cluster);
    await client.insert({
      table: 'events',
      values: rows,
      format: 'JSONEachRow',
      clickhouse_settings: INSERT_SETTINGS,
    });
  });

  const clientOf = ({ endpoint }: Pick<typeof test.cluster, 'endpoint'>) => {
    const client = connect({ endpoint, role: 'admin', database: test.database });
    test.closing.add('client', () => client.close());
    return client;
  };
  /** @param meanwhile what happens before raw events are copied */
  const make = async (meanwhile?: () => Promise<unknown>) =>
    await backup({
      lend: (use) => use(test.cluster.endpoint),
      database: test.database,
      dataDir: directory.path,
      target: path.join(directory.path, 'copy'),
      nowMs: Date.now,
      onCopied: async (what) => {
        if (what === 'minutes') await meanwhile?.();
      },
      signal: new AbortController().signal,
    });

  it('is none when a user was erased while it was made', async () => {
    const { endpoint } = test.cluster;
    const whose = { user: 'u1', application: undefined };
    const log = createLogger('silent');
    const erasing = { endpoint, database: test.database, dataDir: directory.path, waitMs: 0, nowMs: Date.now, log };
    expect(String(await failure(make(async () => eraseUser(whose, erasing))))).to.include(REMOVED);
    const { tables } = await make();
    expect(tables.find(({ table }) => table === 'events')?.rows).to.equal(15);
  }).timeout(120_000);

  it('is none when events were removed on one node alone, whichever that is', async () => {
    for (const [at, shard] of test.cluster.shards.entries()) {
      const query = `ALTER TABLE events_local DELETE WHERE user = 'u${at}' SETTINGS mutations_sync = 2`;
      const node = clientOf(shard);
      expect(String(await failure(make(async () => node.command({ query }))))).to.include(REMOVED);
    }
    await make();
  }).timeout(120_000);

  it('calls no hour whole of which RETENTION_DAYS removed raw events while it was made', async () => {
    const sinceS = Date.UTC(2024, 4, 17) / 1000;
    const query = `ALTER TABLE events_local MODIFY COMMENT 'whole since ${sinceS}'`;
    const nodes = test.cluster.shards.map(clientOf);
    const { wholeSinceS } = await make(async () => Promise.all(nodes.map(async (node) => node.command({ query }))));
    expect(wholeSinceS).to.be.above(sinceS);
  }).timeout(120_000);
});
