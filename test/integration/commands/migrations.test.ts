import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { mayBeTheRows } from '../../../server/clickhouse/errors.ts';
import { readMigrations } from '../../../server/migrate/files.ts';
import { migrate, migrationsDirectory, migrationStatus } from '../../../server/migrate/migrator.ts';
import { connect, type ClickHouseClient } from '../../../server/clickhouse/client.ts';
import { createLogger } from '../../../server/common/log.ts';
import { oneRow, sendBatch } from '../../support/events/batches.ts';
import { testDatabase, testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { runProgram, startProgram } from '../../support/server/run-program.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const log = createLogger('silent');

describe('migrations', () => {
  let database: { name: string; drop(): Promise<void> };
  let client: ClickHouseClient;
  let directory: TempDir;

  beforeEach(async () => {
    database = await testDatabase();
    client = connect({ endpoint: testEndpoint(), role: 'admin', database: database.name });
    directory = await tempDir();
  });
  afterEach(async () => {
    await client.close();
    await database.drop();
    await directory.remove();
  });

  const write = (name: string, sql: string) => writeFile(path.join(directory.path, name), sql);
  const up = (lock = { waitMs: 10_000, staleMs: 5000 }) =>
    migrate({ endpoint: testEndpoint(), database: database.name, directory: directory.path, log, lock });
  const states = async () => {
    const [node] = await migrationStatus({
      endpoint: testEndpoint(),
      database: database.name,
      directory: directory.path,
    });
    if (node === undefined || 'unavailable' in node) throw new Error('the node is unavailable');
    return node.migrations.map(({ name, state, applied }) => `${name} ${state} ${applied}`);
  };
  const tables = async () => {
    const row = await oneRow<{ names: string[] }>(
      client,
      'SELECT arraySort(groupArray(name)) AS names FROM system.tables WHERE database = currentDatabase()',
    );
    return row?.names ?? [];
  };

  const options = () => ({ endpoint: testEndpoint(), database: database.name, log });
  const cli = (...args: string[]) => runProgram('server/cli/migrate.js', args, { database: database.name });

  describe('of this project', () => {
    it('make every table from nothing, and do nothing the second time', async () => {
      expect(await migrate(options())).to.include.members(['0001_events', '0002_counts']);
      expect(await migrate(options())).to.deep.equal([]);
      expect(await tables()).to.include.members([
        'events',
        'minutes',
        'minutes_view',
        'hours',
        'hours_view',
        'hourly',
        'deduplicated_events',
        'migrations',
      ]);
    });

    it('create the database when there is none', async () => {
      await client.command({ query: `DROP DATABASE ${database.name} SYNC` });
      expect(await migrate(options())).to.include('0001_events');
    });

    it('count a batch that is sent twice once, over 600 months', async () => {
      await migrate(options());
      const months = Array.from({ length: 600 }, (_, month) => ({
        timestampMs: Date.UTC(1975, month, 2, 3),
        user: `user ${month % 7}`,
        name: month % 3 === 0 ? 'impression' : 'click',
      }));
      await sendBatch(client, 'segment-1', months);
      await sendBatch(client, 'segment-1', months);
      const counted = await oneRow(
        client,
        `SELECT
           (SELECT count() FROM deduplicated_events) AS raw,
           (SELECT sum(clicks) FROM hourly) AS clicks,
           (SELECT sum(impressions) FROM hourly) AS impressions,
           (SELECT uniqExactMerge(users) FROM hours) AS users`,
      );
      expect(counted).to.deep.equal({ raw: 600, clicks: 400, impressions: 200, users: 7 });
    });

    it('take no row that would not be counted, after whichever statement it comes', async () => {
      const statements = (await readMigrations(migrationsDirectory)).flatMap((file) => file.statements);
      let taken = 0;
      for (const [index, query] of statements.entries()) {
        await client.command({ query });
        try {
          await sendBatch(client, 'segment-1', [{ timestampMs: Date.now(), user: `user ${index}`, name: 'click' }]);
          taken += 1;
        } catch (error) {
          expect(mayBeTheRows(error), String(error)).to.equal(false);
        }
      }
      expect(taken).to.be.above(0);
      const counted = await oneRow(
        client,
        `SELECT
           (SELECT uniqExactMerge(ids) FROM minutes) AS events,
           (SELECT uniqExactMerge(users) FROM hours) AS users,
           (SELECT count() FROM events) AS rows`,
      );
      expect(counted).to.deep.equal({ events: taken, users: taken, rows: taken });
    });

    it('show in hourly only clicks and impressions of the category analytics', async () => {
      await migrate(options());
      const timestampMs = Date.UTC(2026, 4, 1, 13, 59, 59, 999);
      await sendBatch(client, 'segment-1', [
        { timestampMs, user: 'ann', name: 'click' },
        { timestampMs, user: 'ann', name: 'impression' },
        { timestampMs, user: 'bob', name: 'purchase' },
        { timestampMs, user: 'cid', name: 'click', category: 'shop' },
      ]);
      const row = await oneRow(client, 'SELECT toString(hour) AS at, clicks, impressions, unique_users FROM hourly');
      expect(row).to.deep.equal({ at: '2026-05-01 13:00:00', clicks: 1, impressions: 1, unique_users: 1 });
    });

    it('store data that the JSON type refuses, exactly as it was sent', async () => {
      await migrate(options());
      const data = '{"a":{"b":1},"a.b":2,"n":null,"big":123456789012345678901234567890}';
      await client.insert({ table: 'events', values: [{ data }], format: 'JSONEachRow' });
      expect(await oneRow(client, 'SELECT data FROM events')).to.deep.equal({ data });
    });
  });

  it('are applied once when several migrators start at once', async () => {
    await write('0001_a.sql', 'CREATE TABLE a (x UInt8) ENGINE = Memory; SELECT sleep(1)');
    await write('0002_b.sql', 'INSERT INTO a VALUES (1)');
    const applied = await Promise.all([up(), up(), up()]);
    expect(applied.flat()).to.deep.equal(['0001_a', '0002_b']);
    expect(await oneRow(client, 'SELECT count() AS rows FROM a')).to.deep.equal({ rows: 1 });
    expect(await tables()).to.deep.equal(['a', 'migrations']);
  });

  it('go on after a failure with the statement that failed', async () => {
    await write(
      '0001_a.sql',
      'CREATE TABLE a (x UInt8) ENGINE = Memory; INSERT INTO a VALUES (1); INSERT INTO nope VALUES (2)',
    );
    const error = await failure(up());
    expect(String(error))
      .to.include('0001_a.sql, statement 3 of 3 failed')
      .and.match(/nope.* does not exist/)
      .and.include('INSERT INTO nope VALUES (2)');
    expect(await states()).to.deep.equal(['0001_a partial 2']);

    await write(
      '0001_a.sql',
      'CREATE TABLE a (x UInt8) ENGINE = Memory; INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)',
    );
    expect(await up()).to.deep.equal(['0001_a']);
    expect(await oneRow(client, 'SELECT count() AS rows FROM a')).to.deep.equal({ rows: 2 });
    expect(await states()).to.deep.equal(['0001_a applied 3']);
  });

  it('stop by name when an applied file has changed, whole or in part', async () => {
    await write('0001_a.sql', 'SELECT 1');
    await up();
    await write('0001_a.sql', 'SELECT 2');
    await write('0002_b.sql', 'SELECT 1; SELECT nope');
    expect(String(await failure(up()))).to.include('Changed after it was applied: 0001_a.sql');

    await write('0001_a.sql', 'SELECT 1');
    await failure(up());
    await write('0002_b.sql', 'SELECT 3; SELECT 4');
    expect(String(await failure(up()))).to.include('Changed after it was applied: 0002_b.sql');
  });

  it('stop when the database is newer than the code, and say by what', async () => {
    await write('0001_a.sql', 'SELECT 1');
    await up();
    await client.insert({
      table: 'migrations',
      values: [{ name: '0009_future', statement: 0, checksum: 'x' }],
      format: 'JSONEachRow',
    });
    expect(String(await failure(up()))).to.include(
      'The database is newer than this code: it has 0009_future, and the latest migration here is 0001_a',
    );
    expect(await states()).to.deep.equal(['0001_a applied 1', '0009_future unknown 0']);
  });

  it('run nothing when one of the pending files cannot be read', async () => {
    await write('0001_a.sql', 'CREATE TABLE a (x UInt8) ENGINE = Memory');
    await write('0002_b.sql', "SELECT 'open");
    expect(String(await failure(up()))).to.include("0002_b.sql: line 1: received ' without its end");
    expect(await tables()).to.deep.equal([]);
  });

  it('wait for a live migrator, with a bound, however long its statement takes', async () => {
    await write('0001_a.sql', 'SELECT sleep(3)');
    const first = up({ waitMs: 10_000, staleMs: 500 });
    await eventually(async () => expect(await tables()).to.include('migration_lock_1'));
    expect(String(await failure(up({ waitMs: 1000, staleMs: 500 })))).to.match(
      /Another migration, erasure, restore or repair \(.+\) has been at work/,
    );
    expect(await first).to.deep.equal(['0001_a']);
  });

  it('take over the lock of a migrator that was killed', async () => {
    await write('0001_a.sql', 'CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = Memory; SELECT sleep(2)');
    const killed = startProgram('test/support/clickhouse/migrator-process.js', [directory.path], database.name);
    await eventually(async () => expect(await states()).to.deep.equal(['0001_a partial 1']));
    killed.kill('SIGKILL');
    await once(killed, 'close');
    expect(await tables()).to.include('migration_lock_1');
    expect(await up({ waitMs: 10_000, staleMs: 500 })).to.deep.equal(['0001_a']);
    expect(await tables()).to.deep.equal(['a', 'migrations']);
  });

  it('are listed by the command, which exits 1 while any is pending', async () => {
    const before = await cli('status');
    expect(before.exitCode).to.equal(1);
    expect(before.stdout).to.match(/^pending +0001_events$/m);

    const first = await cli();
    expect(first.exitCode, first.stderr).to.equal(0);
    expect(first.stdout).to.include('applied 0001_events\napplied 0002_counts\n');
    expect((await cli('up')).stdout).to.include('Nothing to do');

    const after = await cli('status');
    expect(after.exitCode).to.equal(0);
    expect(after.stdout).to.match(/^applied +0001_events +20\d\d-/m);
  });

  it('refuse an unknown command with the usage and exit code 2', async () => {
    for (const args of [
      ['down'],
      ['up', 'now'],
      ['new'],
      ['new', 'bad name/..'],
      ['--force'],
      ['up', '--wait', 'long'],
      ['status', '--wait', '1'],
    ]) {
      const { exitCode, stderr } = await cli(...args);
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(stderr).to.include('Usage: npm run migrate -- [up [--wait SECONDS]|status|new NAME]');
    }
  });
});
