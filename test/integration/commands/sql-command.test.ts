import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { programFile } from '../../../server/common/project-root.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { sendBatch } from '../../support/events/batches.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { runProgram } from '../../support/server/run-program.ts';

describe('npm run sql', () => {
  let database: MigratedDatabase;
  const sql = (query: string, stdin?: string) =>
    runProgram('server/cli/sql.js', [query], {
      database: database.name,
      ...(stdin === undefined ? {} : { stdin }),
    });

  before(async () => {
    database = await migratedDatabase();
    await sendBatch(database.client, 'segment-1', [{ timestampMs: Date.UTC(2026, 4, 1), user: 'ann', name: 'click' }]);
  });
  after(() => database.drop());

  it('prints a table, with how many rows it has and how many were read', async () => {
    const { exitCode, stdout, stderr } = await sql('SELECT user, name FROM events;');
    expect(exitCode, stderr).to.equal(0);
    expect(stdout)
      .to.match(/│ user │ name +│/)
      .and.match(/│ ann +│ click │/);
    expect(stdout).to.match(/\n1 row in \d+\.\d{3} s, 1 row read\n$/);
  });

  it('keeps large numbers exact, shows NULL, and puts any value on one line of bounded length', async () => {
    const { stdout } = await sql(
      String.raw`SELECT 18446744073709551615 AS big, NULL AS none, 'a\nb' AS two, repeat('x', 500) AS long, [1, 2] AS list`,
    );
    expect(stdout)
      .to.include('18446744073709551615')
      .and.include('NULL')
      .and.include(String.raw`a\nb`);
    expect(stdout)
      .to.include('x'.repeat(79) + '…')
      .and.not.include('x'.repeat(80));
    expect(stdout).to.include('[1,2]');
  });

  it('says how many rows there are when it does not show all', async () => {
    const { stdout } = await sql('SELECT number FROM numbers(5000)');
    expect(stdout).to.include('5,000 rows, the first 1000 shown');
  });

  it('reads the statement from standard input for -', async () => {
    expect((await sql('-', 'SELECT 41 + 1 AS answer;\n')).stdout).to.include('42');
  });

  it('prints the answer as it comes when the statement names a format', async () => {
    expect((await sql('SELECT 1 AS a, 2 AS b FORMAT CSVWithNames')).stdout).to.equal('"a","b"\n1,2\n');
  });

  it('gives every format as ClickHouse sends it, also those that a table is made of', async () => {
    const query = 'SELECT 1 AS a, toUInt64(2) AS b';
    const expected = async (format: string) =>
      (await (await database.client.exec({ query: `${query} FORMAT ${format}` })).stream.toArray()).join('');
    for (const format of ['JSON', 'JSONCompact', 'JSONEachRow', 'TSV']) {
      const { exitCode, stdout, stderr } = await sql(`${query} FORMAT ${format}`);
      expect(exitCode, stderr).to.equal(0);
      expect(withoutTimes(stdout), format).to.equal(withoutTimes(await expected(format)));
    }
    const bytes = await sql("SELECT unhex('00FFFE0A') AS raw FORMAT RawBLOB");
    expect(bytes.stdout).to.equal(Buffer.from('00fffe0a', 'hex').toString());
  });

  it('creates nothing where there is no data, and says what to do', async () => {
    const directory = await tempDir();
    const missing = path.join(directory.path, 'missing');
    const env = { PATH: process.env['PATH'], DATA_DIR: missing };
    for (const [program, ...args] of [
      ['sql', 'SELECT 1'],
      ['verify'],
      ['migrate', 'status'],
      ['erase', '--user', 'u'],
      ['backup', path.join(directory.path, 'copy')],
    ]) {
      const child = spawnSync(process.execPath, [programFile(`server/cli/${program}.js`), ...args], { env });
      expect(child.status, program).to.equal(1);
      expect(String(child.stderr), program).to.include(`There is no data in ${missing}`).and.include('npm start');
    }
    expect(await readdir(directory.path)).to.deep.equal([]);
    await directory.remove();
  });

  it('prints the reason and exits 1 when ClickHouse refuses', async () => {
    const { exitCode, stdout, stderr } = await sql('SELECT nope FROM events');
    expect(exitCode).to.equal(1);
    expect(stdout).to.equal('');
    expect(stderr).to.include('nope').and.not.include('    at ');
  });

  it('cannot write', async () => {
    for (const statement of ['DROP TABLE events', 'INSERT INTO events (user) VALUES (1)']) {
      expect((await sql(statement)).exitCode, statement).to.equal(1);
    }
    expect((await sql('SELECT count() AS rows FROM events FORMAT CSV')).stdout).to.equal('1\n');
  });

  it('exits 2 with the usage when there is no statement', async () => {
    for (const statement of ['', ' ; ']) {
      const { exitCode, stderr } = await sql(statement);
      expect(exitCode).to.equal(2);
      expect(stderr).to.include('Usage: npm run sql');
    }
  });
});

function withoutTimes(answer: string): string {
  return answer.replaceAll(/"elapsed": [^,\n]+/g, '');
}
