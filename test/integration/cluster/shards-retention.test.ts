import { expect } from 'chai';
import { withClient } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { applyRetention, rawSinceS } from '../../../server/clickhouse/retention.ts';
import { countedIn } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { onTwoShards } from '../../support/clickhouse/on-two-shards.ts';
import { failure } from '../../support/http/outcome.ts';
import { silentLog } from '../../support/logs.ts';

const DAY_US = 86_400_000_000;

describe('RETENTION_DAYS that was set while a shard was away', function () {
  this.timeout(60_000);
  const test = onTwoShards();

  it('costs no number by the hour when what is counted is verified and repaired', async () => {
    const { cluster, database } = test;
    const { endpoint, shards } = cluster;
    await test.up();
    const nowUs = Date.now() * 1000;
    const rows = Array.from({ length: 40 }, (_, at) =>
      eventRow({ event_id: `e${at}`, user: `u${at}`, timestamp: nowUs - (at % 2 === 0 ? 31 : 1) * DAY_US }),
    );
    await insertRows(database, 'events', rows, endpoint);
    const counted = await countedIn(endpoint, database);
    await applyRetention({ endpoint: shards[1].endpoint, database, retentionDays: 30, log: silentLog });
    await withClient({ endpoint: shards[1].endpoint, role: 'admin', database }, async (client) =>
      client.command({ query: 'OPTIMIZE TABLE events_local FINAL' }),
    );
    const old = `SELECT count() > 0 AS n FROM events_local WHERE timestamp < now() - INTERVAL 30 DAY`;
    expect(await test.onEach(old)).to.deep.equal([[{ n: 1 }], [{ n: 0 }]]);
    for (const args of [[], ['--repair']]) {
      const { exitCode, stdout, stderr } = await test.run('server/cli/verify.js', ...args);
      expect(exitCode, stdout + stderr).to.equal(0);
      expect(await countedIn(endpoint, database)).to.deep.equal(counted);
    }
  });

  it('costs no number either when all that one shard had was removed by hand', async () => {
    const { cluster, database } = test;
    const { endpoint, shards } = cluster;
    await test.up();
    const rows = Array.from({ length: 40 }, (_, at) => eventRow({ event_id: `e${at}`, user: `u${at}` }));
    await insertRows(database, 'events', rows, endpoint);
    const counted = await countedIn(endpoint, database);
    await withClient({ endpoint: shards[1].endpoint, role: 'admin', database }, async (client) =>
      client.command({ query: 'TRUNCATE TABLE events_local SYNC' }),
    );
    const { exitCode, stdout } = await test.run('server/cli/verify.js', '--repair');
    expect(exitCode, stdout).to.equal(1);
    expect(await countedIn(endpoint, database)).to.deep.equal(counted);
  });

  it('is not guessed at while a shard is away', async () => {
    const [first] = test.cluster.endpoint.urls;
    await test.up();
    const endpoint: ClickHouseEndpoint = { ...test.cluster.endpoint, urls: [first, 'http://127.0.0.1:9'] };
    const error = await failure(rawSinceS(endpoint, test.database));
    expect(String(error)).to.include('do not answer: 127.0.0.1:9');
  });
});
