import { expect } from 'chai';
import { connect } from '../../../server/clickhouse/client.ts';
import { defaults } from '../../../server/config/config.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { startTestApp } from '../../support/server/test-app.ts';

describe('The windows of an export', () => {
  it('are no smaller behind a second that had to be cut many times', async () => {
    const service = await startTestApp({ questions: { ...defaults.questions, maxRowsRead: 30_000 } });
    const client = connect({ endpoint: testEndpoint(), role: 'admin', database: service.database });
    try {
      // 12 hours of 2,000, a second of 33,000, and 40 hours of 5,000.
      await client.command({
        query: `
          INSERT INTO events (timestamp, received_at, event_id, category, name, data)
          SELECT toDateTime64('2025-03-01 00:00:00', 6, 'UTC') + toIntervalMicrosecond(multiIf(
              number < 24000, number * 1800000, number < 57000, 45000000000 + (number - 24000) * 30,
              46800000000 + (number - 57000) * 720000)), now64(6), toString(number), 'c', 'n', '{}'
          FROM numbers(257000)`,
      });
      const text = await (await fetch(`${service.url}/events/export`)).text();
      expect(text.split('\n').length).to.equal(257_001);
      await client.command({ query: 'SYSTEM FLUSH LOGS query_log' });
      const read = `SELECT toUInt32(count()) AS windows FROM system.query_log
        WHERE type = 'QueryFinish' AND current_database = '${service.database}' AND query LIKE '%FORMAT TSVRaw%'`;
      const [row] = await rowsOf<{ windows: number }>(testEndpoint(), service.database, read);
      expect(row?.windows).to.be.within(5, 200);
    } finally {
      await client.close();
      await service.remove();
    }
  });
});
