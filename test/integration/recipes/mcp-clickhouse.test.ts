import { expect } from 'chai';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import type { TestApp } from '../../support/server/test-app.ts';
import { startExampleShop } from './example-shop.ts';

/** What its client, clickhouse-connect, sends with each query; `readonly` is what it was told that it is. */
const SETTINGS =
  'readonly=2&date_time_input_format=best_effort&wait_end_of_query=1&send_progress_in_http_headers=1' +
  '&http_headers_progress_interval_ms=120000&cancel_http_readonly_queries_on_client_close=1';

/** The statements of mcp-clickhouse and clickhouse-connect, as their sources have them, over HTTP as the analyst. */
describe('What mcp-clickhouse asks', () => {
  let service: TestApp;

  before(async () => {
    service = await startExampleShop();
  });
  after(async () => service.remove());

  const ask = async (body: string, settings = ''): Promise<string> => {
    const { urls, analyst } = testEndpoint();
    const authorization = `Basic ${Buffer.from(`${analyst.username}:${analyst.password}`).toString('base64')}`;
    const url = `${urls[0]}/?database=${service.database}&${settings}`;
    const answer = await fetch(url, { method: 'POST', body, headers: { authorization } });
    const text = await answer.text();
    expect(answer.status, text).to.equal(200);
    return text.trimEnd();
  };

  it('is answered to the analyst: a connection, the databases, tables and columns, a query', async () => {
    expect(await ask('SELECT version(), timezone()')).to.match(/^\d+\.\S+\tUTC$/);
    const settings = await ask('SELECT name, value, readonly as readonly FROM system.settings LIMIT 10000');
    expect(settings).to.match(/^readonly\t2\t/m);
    expect(await ask('SELECT 1 AS check FORMAT Native', 'client_protocol_version=54405')).to.include('check');
    expect(await ask('SHOW DATABASES', SETTINGS)).to.include(service.database);
    const tables = await ask(
      `SELECT database, name, engine, create_table_query, dependencies_database,
              dependencies_table, engine_full, sorting_key, primary_key, total_rows,
              total_bytes, total_bytes_uncompressed, parts, active_parts, total_marks, comment
       FROM system.tables WHERE database = '${service.database}' AND name IN ('events', 'deduplicated_events', 'hourly')`,
      SETTINGS,
    );
    expect(tables.split('\n')).to.have.length(3);
    const columns = await ask(
      `SELECT database, table, name, type AS column_type, default_kind, default_expression, comment
       FROM system.columns WHERE database = '${service.database}' AND table = 'deduplicated_events'`,
      SETTINGS,
    );
    expect(columns).to.include('payload').and.include('timestamp');
    expect(await ask('SELECT count() FROM deduplicated_events', SETTINGS)).to.equal('14');
  });
});
