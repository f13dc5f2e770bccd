import { expect } from 'chai';
import { connectAny } from '../../../server/clickhouse/nodes.ts';
import { queryRows } from '../../../server/clickhouse/query.ts';
import { defaults } from '../../../server/config/config.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { ask } from '../../support/http/ask.ts';
import { eventually } from '../../support/http/outcome.ts';
import { failure } from '../../support/http/outcome.ts';

const running = async (mark: string) =>
  Number(
    await ask(
      testEndpoint(),
      'admin',
      `SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(${mark}%' AND query NOT LIKE '%system.processes%'`,
    ),
  );

describe('A query that takes longer than the server waits', () => {
  it('ends in ClickHouse, too', async function () {
    this.timeout(120_000);
    const nodes = connectAny({ endpoint: testEndpoint(), role: 'query', requestTimeoutMs: 2000 });
    const limits = { ...defaults.questions, maxSeconds: 100, maxRowsRead: 1e15 };
    try {
      const endless = `SELECT count() FROM numbers(1000000000000) WHERE sipHash64(7001, number) = 1`;
      const asked = failure(queryRows(nodes, endless, {}, { limits, narrower: 'less' }));
      await eventually(async () => expect(await running('7001')).to.equal(1));
      expect(await asked).to.include({ code: 'unavailable' });
      await eventually(async () => expect(await running('7001')).to.equal(0));
    } finally {
      await nodes.close();
    }
  });
});
