import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connect, rowsOf, type ClickHouseClient } from '../../../server/clickhouse/client.ts';
import { hasWritten } from '../../../server/clickhouse/failed-writes.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';

describe('What an embedded engine says of its writes', () => {
  let admin: ClickHouseClient;

  before(function () {
    // Another server has no session that is as old as it is.
    if (!testEndpoint().isEmbedded) this.skip();
    admin = connect({ endpoint: testEndpoint(), role: 'admin' });
  });
  after(async () => admin?.close());

  /** Of the engine, by `performance.now()`. */
  async function startedMs(): Promise<number> {
    const [row] = await rowsOf<{ up_s: number }>(admin, 'SELECT max(elapsed) AS up_s FROM system.processes');
    return performance.now() - (row?.up_s ?? 0) * 1000;
  }

  /** The client on a machine that is busy for so long each time that the engine answers; then it is not. */
  function lateBy(...delaysMs: number[]): ClickHouseClient {
    const query = async (parameters: Parameters<ClickHouseClient['query']>[0]) => {
      const answer = await admin.query(parameters);
      await sleep(delaysMs.shift() ?? 0);
      return answer;
    };
    return Object.create(admin, { query: { value: query } }) as ClickHouseClient;
  }

  it('is of the engine that was asked, however late its answer comes', async () => {
    expect(await hasWritten(lateBy(800, 800), await startedMs())).to.equal(true);
  });

  it('is nothing of what was sent before the engine was started', async () => {
    const beforeMs = (await startedMs()) - 2_000;
    expect(await hasWritten(admin, beforeMs)).to.equal(false);
    expect(await hasWritten(lateBy(800), beforeMs)).to.equal(false);
  });
});
