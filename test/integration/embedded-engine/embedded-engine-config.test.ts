import { expect } from 'chai';
import { once } from 'node:events';
import { get, IncomingMessage } from 'node:http';
import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import type { ClickHouseRole } from '../../../server/clickhouse/endpoint.ts';
import { codeOf } from '../../../server/clickhouse/errors.ts';
import { Closing } from '../../../server/closing.ts';
import { consoleUrl } from '../../../server/console-url.ts';
import { createLogger } from '../../../server/common/log.ts';
import { ask } from '../../support/http/ask.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir } from '../../support/temp-dir.ts';

const ACCESS_DENIED = '497';
const READONLY = '164';
const SETTING_CONSTRAINT_VIOLATION = '452';
const TOO_MANY_ROWS_OR_BYTES = '396';
const MEMORY_LIMIT_EXCEEDED = '241';
const TIMEOUT_EXCEEDED = '159';

describe('the embedded engine is configured', () => {
  let engine: Engine;
  const closing = new Closing();

  before(async () => {
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    engine = await startEngine({
      directory: temporary.path,
      log: createLogger('silent'),
      database: 'test_*',
    });
    closing.add('engine', () => engine.close());
    const admin = (query: string) => ask(engine.endpoint, 'admin', query);
    await admin('CREATE DATABASE test_engine');
    await admin('CREATE TABLE test_engine.numbers (n UInt8) ENGINE = MergeTree ORDER BY n');
    await admin('INSERT INTO test_engine.numbers SELECT arrayJoin([1, 2, 3])');
    await admin('CREATE DATABASE other');
    await admin('CREATE TABLE other.numbers (n UInt8) ENGINE = MergeTree ORDER BY n');
  });

  after(() => closing.close());

  const run = (role: ClickHouseRole, query: string) => ask(engine.endpoint, role, query);
  const codeFor = async (role: ClickHouseRole, query: string) => codeOf(await failure(run(role, query)));

  it('to think in UTC', async () => {
    expect(await run('admin', 'SELECT timezone()')).to.equal('UTC');
  });

  it('to insert when it is told to, not some time later', async () => {
    expect(await run('admin', "SELECT getSetting('async_insert')")).to.match(/^(0|false)$/);
  });

  it('to keep a bounded log of queries and no other log in tables', async () => {
    await run('admin', 'SELECT 1');
    await run('admin', 'SYSTEM FLUSH LOGS query_log');
    const tables = await run(
      'admin',
      "SELECT name FROM system.tables WHERE database = 'system' AND name LIKE '%\\_log'",
    );
    expect(tables).to.equal('query_log');
    expect(Number(await run('admin', 'SELECT count() FROM system.query_log'))).to.be.greaterThan(0);
  });

  it('with an ingest user that can insert and do nothing else', async () => {
    await run('ingest', 'INSERT INTO test_engine.numbers SELECT 9 WHERE 0');
    for (const query of [
      'SELECT n FROM test_engine.numbers',
      'DROP TABLE test_engine.numbers',
      'CREATE DATABASE test_x',
    ]) {
      expect(await codeFor('ingest', query), query).to.equal(ACCESS_DENIED);
    }
  });

  it('with a query user that can read the database and do nothing else', async () => {
    expect(await run('query', 'SELECT count() FROM test_engine.numbers')).to.equal('3');
    for (const query of [
      'INSERT INTO test_engine.numbers SELECT 1',
      'TRUNCATE TABLE test_engine.numbers',
      'SELECT count() FROM other.numbers',
      'SELECT count() FROM system.query_log',
    ]) {
      expect(await codeFor('query', query), query).to.be.oneOf([ACCESS_DENIED, READONLY]);
    }
  });

  it('with an analyst that can look around and not write or leave the database', async () => {
    expect(await run('analyst', 'SELECT count() FROM test_engine.numbers')).to.equal('3');
    expect(await run('analyst', "SELECT name FROM system.tables WHERE database = 'test_engine'")).to.equal('numbers');
    for (const query of [
      'INSERT INTO test_engine.numbers SELECT 1',
      'CREATE TABLE test_engine.other (n Int8) ENGINE = Memory',
      'ALTER TABLE test_engine.numbers DELETE WHERE 1',
      'SELECT n FROM other.numbers',
      "SELECT * FROM file('/etc/passwd', LineAsString)",
      "SELECT * FROM url('http://127.0.0.1/', LineAsString)",
      'SELECT query FROM system.query_log',
    ]) {
      expect(await codeFor('analyst', query), query).to.be.oneOf([ACCESS_DENIED, READONLY]);
    }
  });

  it('with an analyst that can group and order by a path into a payload', async () => {
    const query = `SELECT CAST('{"a":{"b":1}}' AS JSON).a.b AS x, count() FROM system.one GROUP BY x ORDER BY x`;
    expect(await run('analyst', query)).to.equal('1\t1');
  });

  it('with limits that stop the analyst', async function () {
    this.timeout(120_000);
    expect(await codeFor('analyst', 'SELECT number FROM numbers(100001)')).to.equal(TOO_MANY_ROWS_OR_BYTES);
    expect(
      await codeFor('analyst', 'SELECT count() FROM (SELECT groupArray(number) FROM numbers(1000000000))'),
    ).to.equal(MEMORY_LIMIT_EXCEEDED);
    expect(
      await codeFor(
        'analyst',
        'SELECT sum(sleepEachRow(0.1)) FROM numbers(50) SETTINGS max_execution_time = 1, max_block_size = 1',
      ),
    ).to.equal(TIMEOUT_EXCEEDED);
  });

  it('with limits that the analyst may lower but not raise', async () => {
    expect(await run('analyst', 'SELECT 1 SETTINGS max_execution_time = 5, max_result_rows = 10')).to.equal('1');
    for (const setting of [
      'max_execution_time = 0',
      'max_execution_time = 3600',
      'max_memory_usage = 0',
      'max_result_rows = 1000000',
      'max_result_bytes = 0',
      "result_overflow_mode = 'break'",
      'readonly = 0',
    ]) {
      expect(await codeFor('analyst', `SELECT 1 SETTINGS ${setting}`), setting).to.be.oneOf([
        SETTING_CONSTRAINT_VIOLATION,
        READONLY,
      ]);
    }
  });

  it('with a SQL console that works for the analyst', async () => {
    const address = consoleUrl(engine.endpoint, 'test_engine');
    const page = await fetch(address, { headers: { connection: 'close' } });
    expect(page.status).to.equal(200);
    const text = await page.text();
    expect(text).to.include('<html');
    const given = new URL(address).searchParams;
    // The page takes from its address what ours says.
    for (const name of given.keys()) expect(text).to.include(`.get('${name}')`);
    // The parameters that the page sends with each query.
    const sent = new URLSearchParams(
      'add_http_cors_header=1&default_format=JSONStringsEachRowWithProgress&enable_http_compression=1',
    );
    for (const [name, value] of given) sent.set(name, value);
    const answer = await fetch(`${engine.endpoint.urls[0]}/?${sent.toString()}`, {
      method: 'POST',
      body: 'SELECT count() AS answer, currentUser() AS user FROM numbers',
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    });
    expect(answer.status).to.equal(200);
    expect(await answer.text())
      .to.include('"answer":"3"')
      .and.include('"user":"analyst"');
  });

  it('to refuse requests that a browser sends for another web page', async () => {
    for (const [site, status] of [
      ['cross-site', 403],
      ['same-site', 403],
      ['same-origin', 200],
      ['none', 200],
    ] as const) {
      const headers = { 'Sec-Fetch-Site': site };
      const { username, password } = engine.endpoint.analyst;
      const url = `${engine.endpoint.urls[0]}/?user=${username}&password=${password}`;
      const answer = await fetch(url, { method: 'POST', body: 'SELECT 1', headers });
      await answer.text();
      expect(answer.status, site).to.equal(status);
    }
  });

  it('to refuse requests for a public name that was pointed at this machine', async () => {
    const address = engine.endpoint.urls[0];
    expect(await statusForHost(address, 'rebound.example.com:8123')).to.equal(403);
    expect(await statusForHost(address, 'localhost:8123')).to.equal(200);
  });
});

/** fetch does not let its caller choose the Host. */
async function statusForHost(url: string, host: string): Promise<number | undefined> {
  const request = get(`${url}/ping`, { headers: { host }, agent: false });
  const [response]: unknown[] = await once(request, 'response');
  if (!(response instanceof IncomingMessage)) throw new Error('no response');
  response.resume();
  return response.statusCode;
}
