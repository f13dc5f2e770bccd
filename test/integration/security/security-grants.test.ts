import { expect } from 'chai';
import type { ClickHouseRole } from '../../../server/clickhouse/endpoint.ts';
import { codeOf } from '../../../server/clickhouse/errors.ts';
import { migrate } from '../../../server/migrate/migrator.ts';
import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { Closing } from '../../../server/closing.ts';
import { ask } from '../../support/http/ask.ts';
import { silentLog } from '../../support/logs.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir } from '../../support/temp-dir.ts';

// ClickHouse's codes for "you may not"; anything else, such as a syntax error, would prove nothing.
const REFUSED: readonly (string | undefined)[] = [
  '497', // ACCESS_DENIED
  '164', // READONLY
  '452', // SETTING_CONSTRAINT_VIOLATION
  '481', // PATH_ACCESS_DENIED: the engine's process cannot see it
];

const OWN = 'test_grants';

/** What nobody but the administrator may do, whatever the engine would otherwise let them. */
const FORBIDDEN_TO_ALL: readonly string[] = [
  `DROP TABLE ${OWN}.events`,
  `DROP DATABASE ${OWN}`,
  `TRUNCATE TABLE ${OWN}.events`,
  `DETACH TABLE ${OWN}.events`,
  `RENAME TABLE ${OWN}.events TO ${OWN}.gone`,
  `OPTIMIZE TABLE ${OWN}.events FINAL`,
  `ALTER TABLE ${OWN}.events DELETE WHERE 1`,
  `ALTER TABLE ${OWN}.events UPDATE user = 'x' WHERE 1`,
  `ALTER TABLE ${OWN}.events DROP COLUMN user`,
  `ALTER TABLE ${OWN}.events DROP PARTITION 197001`,
  `ALTER TABLE ${OWN}.events ADD COLUMN x UInt8`,
  `ALTER TABLE ${OWN}.events MODIFY SETTING non_replicated_deduplication_window = 0`,
  `CREATE TABLE ${OWN}.other (n UInt8) ENGINE = Memory`,
  `CREATE TEMPORARY TABLE other (n UInt8) ENGINE = File(CSV)`,
  `CREATE VIEW ${OWN}.other AS SELECT 1`,
  `CREATE MATERIALIZED VIEW ${OWN}.other ENGINE = Memory AS SELECT * FROM ${OWN}.events`,
  'CREATE DATABASE test_other',
  'CREATE USER mallory',
  'CREATE FUNCTION f AS (x) -> x',
  `CREATE DICTIONARY ${OWN}.d (a UInt64) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1/' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)`,
  "ALTER USER default IDENTIFIED BY 'x'",
  `GRANT ALL ON *.* TO ingest`,
  'SYSTEM SHUTDOWN',
  `SYSTEM STOP MERGES ${OWN}.events`,
  'SYSTEM DROP MARK CACHE',
  'SYSTEM FLUSH LOGS',
  'SHOW ACCESS',
  'SHOW GRANTS FOR default',
  'SHOW CREATE USER default',
  'SELECT * FROM system.users',
  'SELECT * FROM system.grants',
  'SELECT * FROM system.query_log',
  'SELECT * FROM system.processes',
  'SELECT * FROM system.server_settings',
  'SELECT * FROM system.settings_profiles',
  'SELECT * FROM system.clusters',
  'SELECT * FROM other.secrets',
  'SELECT count() FROM other.secrets',
  "SELECT * FROM remote('127.0.0.1', 'other', 'secrets')",
  "SELECT * FROM remoteSecure('127.0.0.1', 'other', 'secrets')",
  "SELECT * FROM file('/etc/passwd', LineAsString)",
  "SELECT * FROM file('*', LineAsString)",
  "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
  "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'line String')",
  "SELECT * FROM hdfs('hdfs://127.0.0.1:1/f', LineAsString, 'line String')",
  "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
  "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
  "SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a UInt8')",
  "SELECT * FROM redis('127.0.0.1:1', 'key', 'key String')",
  "SELECT * FROM sqlite('/tmp/x', 't')",
  "SELECT * FROM jdbc('x', 'y', 'z')",
  "SELECT * FROM executable('x', TSV, 'a String')",
  "INSERT INTO FUNCTION file('/tmp/stolen', CSV, 'a UInt8') SELECT 1",
  "INSERT INTO FUNCTION url('http://127.0.0.1:1/', CSV, 'a UInt8') SELECT 1",
  "INSERT INTO FUNCTION remote('127.0.0.1', 'other', 'secrets') SELECT 'x'",
  'INSERT INTO other.secrets VALUES (1)',
  `BACKUP DATABASE ${OWN} TO Disk('default', 'x')`,
  "KILL QUERY WHERE user = 'default'",
];

const FORBIDDEN: Readonly<Record<'ingest' | 'query' | 'analyst', readonly string[]>> = {
  ingest: [
    ...FORBIDDEN_TO_ALL,
    `SELECT user FROM ${OWN}.events`,
    `SELECT count() FROM ${OWN}.hourly`,
    `INSERT INTO ${OWN}.events SELECT * FROM ${OWN}.events`,
    'INSERT INTO system.query_log SELECT * FROM system.query_log',
  ],
  query: [
    ...FORBIDDEN_TO_ALL,
    `INSERT INTO ${OWN}.events (user) VALUES ('x')`,
    'SELECT 1 SETTINGS readonly = 0',
    'SET readonly = 0',
  ],
  analyst: [
    ...FORBIDDEN_TO_ALL,
    `INSERT INTO ${OWN}.events (user) VALUES ('x')`,
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT 1 SETTINGS readonly = 1, max_execution_time = 0',
    'SELECT 1 SETTINGS max_memory_usage = 100000000000',
    'SELECT 1 SETTINGS max_threads = 64',
    'SELECT 1 SETTINGS max_result_rows = 0',
    "SELECT 1 SETTINGS timeout_overflow_mode = 'break'",
    'SELECT 1 SETTINGS priority = 0',
    'SELECT 1 SETTINGS max_concurrent_queries_for_user = 0',
    "SELECT demangle('x') SETTINGS allow_introspection_functions = 1",
  ],
};

describe('The users of clickhouse/users.d', () => {
  let engine: Engine;
  const closing = new Closing();

  before(async function () {
    this.timeout(60_000);
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    engine = await startEngine({ directory: temporary.path, log: silentLog, database: OWN });
    closing.add('engine', () => engine.close());
    await migrate({ endpoint: engine.endpoint, database: OWN, log: silentLog });
    await run('admin', 'CREATE DATABASE other');
    await run('admin', 'CREATE TABLE other.secrets (s String) ENGINE = MergeTree ORDER BY s');
    await run('admin', "INSERT INTO other.secrets VALUES ('password')");
    // Else the log of queries would be refused only because it is not there yet.
    await run('admin', 'SYSTEM FLUSH LOGS query_log');
  });
  after(async () => closing.close());

  const run = async (role: ClickHouseRole, query: string) => ask(engine.endpoint, role, query);

  for (const role of ['ingest', 'query', 'analyst'] as const) {
    it(`gives ${role} nothing but its job`, async function () {
      this.timeout(60_000);
      const wrong: string[] = [];
      for (const query of FORBIDDEN[role]) {
        const outcome = await run(role, query).then(
          (answer) => `answered ${JSON.stringify(answer.slice(0, 80))}`,
          (error: unknown) => codeOf(error) ?? String(error),
        );
        if (!REFUSED.includes(outcome)) wrong.push(`${query}: ${outcome}`);
      }
      expect(wrong).to.deep.equal([]);
    });
  }

  it('lets each do its job', async () => {
    await run('ingest', `INSERT INTO ${OWN}.events (user, name) VALUES ('ada', 'click')`);
    expect(await run('query', `SELECT count() FROM ${OWN}.events`)).to.equal('1');
    expect(await run('analyst', `SELECT count() FROM ${OWN}.events`)).to.equal('1');
    expect(await run('analyst', 'SHOW DATABASES')).to.equal(`system\n${OWN}`);
  });

  it('tells nobody what other databases hold', async () => {
    for (const table of ['databases', 'tables', 'columns', 'parts']) {
      const column = table === 'databases' ? 'name' : 'database';
      const query = `SELECT count() FROM system.${table} WHERE ${column} = 'other'`;
      expect(await run('analyst', query), table).to.equal('0');
    }
    for (const role of ['ingest', 'query', 'analyst'] as const) {
      expect(await run(role, 'SHOW TABLES FROM other'), role).to.equal('');
      const merged = await failure(run(role, `SELECT * FROM merge('other', 'secrets')`));
      expect(String(merged), role).to.contain('no tables');
    }
  });
});
