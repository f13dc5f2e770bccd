import { expect } from 'chai';
import { connect, rowsOf } from '../../../server/clickhouse/client.ts';
import { EACH_INSERT, INSERT_SETTINGS } from '../../../server/clickhouse/insert-settings.ts';
import { Closing } from '../../../server/closing.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';

describe("ClickHouse's own deduplication of INSERTs", () => {
  const closing = new Closing();
  after(async () => closing.close());

  /** Tables that remember their INSERTs, as ClickHouse's defaults may say some day. */
  async function rememberingTables() {
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const admin = connect({ endpoint: testEndpoint(), role: 'admin', database: database.name });
    closing.add('client', () => admin.close());
    const table = 'ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100';
    for (const query of [
      `CREATE TABLE raw (n UInt8) ${table}`,
      `CREATE TABLE counted (n UInt8) ${table}`,
      'CREATE MATERIALIZED VIEW raw_view TO counted AS SELECT n FROM raw',
    ]) {
      await admin.command({ query });
    }
    const counts = async () => {
      const query =
        'SELECT (SELECT toUInt32(count()) FROM raw) AS raw, (SELECT toUInt32(count()) FROM counted) AS counted';
      return await rowsOf(admin, query);
    };
    return { admin, counts };
  }

  it('swallows nothing that the service sends twice, into a table or behind a view, whatever the tables remember', async () => {
    const { admin, counts } = await rememberingTables();
    const row = { table: 'raw', values: [{ n: 1 }], format: 'JSONEachRow' } as const;
    for (let sent = 0; sent < 2; sent += 1) await admin.insert({ ...row, clickhouse_settings: INSERT_SETTINGS });
    expect(await counts()).to.deep.equal([{ raw: 2, counted: 2 }]);
    // And otherwise they do swallow it.
    for (let sent = 0; sent < 2; sent += 1) {
      await admin.insert({
        ...row,
        values: [{ n: 2 }],
        clickhouse_settings: { insert_deduplicate: 0, async_insert: 0 },
      });
    }
    expect(await counts()).to.deep.equal([{ raw: 3, counted: 3 }]);
  });

  it('swallows no repair that is done twice', async () => {
    const { admin, counts } = await rememberingTables();
    const query = 'INSERT INTO counted SELECT toUInt8(7) AS n';
    for (let sent = 0; sent < 2; sent += 1) await admin.command({ query, clickhouse_settings: EACH_INSERT });
    expect(await counts()).to.deep.equal([{ raw: 0, counted: 2 }]);
  });
});
