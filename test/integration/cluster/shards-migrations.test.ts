import { expect } from 'chai';
import { migrate, migrationStatus } from '../../../server/migrate/migrator.ts';
import { connect } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { createLogger } from '../../../server/common/log.ts';
import { testDatabase } from '../../support/clickhouse/clickhouse.ts';
import { failure } from '../../support/http/outcome.ts';
import { onTwoShards } from '../../support/clickhouse/on-two-shards.ts';

const log = createLogger('silent');

describe('migrations of a cluster', function () {
  this.timeout(120_000);
  const test = onTwoShards();

  it('make the tables on every node, and do nothing the second time', async () => {
    expect(await test.up()).to.include.members(['0001_events', '0002_counts', '0003_rejected_events']);
    expect(await test.up()).to.deep.equal([]);
    const found = await test.onEach<{ name: string; engine: string }>(
      "SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE '.%' ORDER BY name",
    );
    expect(found[0]).to.deep.equal(found[1]);
    expect(found[0]?.map(({ name, engine }) => `${name} ${engine}`)).to.include.members([
      'events Distributed',
      'events_local ReplacingMergeTree',
      'deduplicated_events View',
      'minutes Distributed',
      'minutes_local AggregatingMergeTree',
      'minutes_view MaterializedView',
      'hours Distributed',
      'hours_local AggregatingMergeTree',
      'hours_view MaterializedView',
      'hourly View',
      'migrations ReplacingMergeTree',
      'rejected_events Distributed',
      'rejected_events_local ReplacingMergeTree',
    ]);
  });

  it('go on where they stopped on a node that lost everything', async () => {
    await test.up();
    const client = connect({ endpoint: test.cluster.shards[1].endpoint, role: 'admin' });
    await client.command({ query: `DROP DATABASE ${test.database} SYNC` });
    await client.close();
    expect(await test.up()).to.include('0001_events');
    const states = await migrationStatus({ endpoint: test.cluster.endpoint, database: test.database });
    for (const node of states) {
      expect('migrations' in node && node.migrations.every(({ state }) => state === 'applied')).to.equal(true);
    }
  });

  it('refuse addresses that are not the nodes of the cluster, and say which', async () => {
    const [first, second] = test.cluster.endpoint.urls;
    const to = async (urls: ClickHouseEndpoint['urls'], name = test.cluster.endpoint.cluster) =>
      String(await failure(test.up({ ...test.cluster.endpoint, urls, cluster: name })));
    expect(await to([first])).to.match(
      /CLICKHOUSE_URL has 1 addresses, expected one of each of the 2 nodes .* belongs to: shard 2 replica 1 at 127\.0\.0\.1:\d+\./,
    );
    expect(await to([first, second ?? '', first])).to.match(/CLICKHOUSE_URL names one node twice: (\S+) and \1\./);
    expect(await to([first, second ?? ''], 'nowhere')).to.match(/is no node of cluster nowhere: .* no such cluster/);
    expect(await to(['http://127.0.0.1:9'])).to.include('No node of cluster test_shards answers: 127.0.0.1:9');
  });

  it('do nothing while a node is unavailable and something is pending, and say which; else it does no harm', async () => {
    await test.cluster.shards[1].stop();
    const [unavailable] = test.cluster.shards[1].endpoint.urls;
    try {
      const { host } = new URL(unavailable);
      expect(String(await failure(test.up())))
        .to.include('Nothing was migrated, because it takes every node')
        .and.include(host);
      expect(await migrationStatus({ endpoint: test.cluster.endpoint, database: test.database })).to.satisfy(
        (nodes: { node: string }[]) => nodes.some((node) => 'unavailable' in node && node.node === host),
      );
      const status = await test.run('server/cli/migrate.js', 'status');
      expect(status.exitCode).to.equal(1);
      expect(status.stdout)
        .to.include(`${host}:\nunavailable `)
        .and.match(/^pending +0001_events$/m);
      await test.cluster.shards[1].start();
      await test.up();
      await test.cluster.shards[1].stop();
      expect(await test.up()).to.deep.equal([]);
    } finally {
      await test.cluster.shards[1].start();
    }
  });

  it('refuse a database that was made for one server, and the reverse', async () => {
    const alone = { ...test.cluster.shards[0].endpoint, cluster: undefined };
    await migrate({ endpoint: alone, database: test.database, log });
    expect(String(await failure(test.up()))).to.include(
      'The database was made for one server, and this is a cluster without replicas',
    );
    const other = await testDatabase(test.cluster.endpoint);
    test.closing.add('other database', () => other.drop());
    await migrate({ endpoint: test.cluster.endpoint, database: other.name, log });
    expect(String(await failure(migrate({ endpoint: alone, database: other.name, log })))).to.include(
      'The database was made for a cluster without replicas, and this is one server',
    );
  });
});
