import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { readMigrations } from '../../../server/migrate/files.ts';
import { migrationsDirectory } from '../../../server/migrate/migrator.ts';
import { newMigration } from '../../../server/migrate/new-migration.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('migration files', () => {
  let directory: TempDir;
  const write = (name: string, sql: string) => writeFile(path.join(directory.path, name), sql);

  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(() => directory.remove());

  it('are read in the order of their numbers', async () => {
    await write('0002_b.sql', 'SELECT 2');
    await write('0010_c.sql', 'SELECT 10');
    await write('0001_a.sql', 'SELECT 1; SELECT 1.5');
    await write('README.md', 'not one of them');
    const files = await readMigrations(directory.path);
    expect(files.map(({ name }) => name)).to.deep.equal(['0001_a', '0002_b', '0010_c']);
    expect(files[0]?.statements).to.deep.equal(['SELECT 1', 'SELECT 1.5']);
  });

  it('have the same checksum with the line ends of another system', async () => {
    await write('0001_a.sql', 'SELECT\n1\n');
    const [unix] = await readMigrations(directory.path);
    await write('0001_a.sql', 'SELECT\r\n1\r\n');
    const [windows] = await readMigrations(directory.path);
    expect(windows?.checksum).to.equal(unix?.checksum);
  });

  it('are refused together, each with its reason, before any is run', async () => {
    await write('0001_a.sql', 'SELECT 1');
    await write('0001_b.sql', '-- nothing');
    await write('0002_c.sql', "SELECT 'open");
    await write('next.sql', 'SELECT 1');
    const error = await failure(readMigrations(directory.path));
    expect(error).to.be.instanceOf(Error);
    expect(String(error))
      .to.include('0001_b.sql and 0001_a.sql have the same number')
      .and.include('0001_b.sql: received no statement')
      .and.include("0002_c.sql: line 1: received ' without its end")
      .and.include('received the name "next.sql"');
  });

  it('made by `new` have the next number, and no statement yet', async () => {
    expect(path.basename(await newMigration(directory.path, 'First one'))).to.equal('0001_first_one.sql');
    await write('0041_a.sql', 'SELECT 1');
    expect(path.basename(await newMigration(directory.path, 'after-that'))).to.equal('0042_after_that.sql');
    expect(String(await failure(newMigration(directory.path, '../x')))).to.include('received "../x"');
  });

  // A run that is killed between a statement and the ledger's note of it runs the statement again.
  it('of this project do no harm when a statement runs twice', async () => {
    const statements = (await readMigrations(migrationsDirectory)).flatMap((file) => file.statements);
    const bare = statements.map((sql) => sql.replaceAll(/--.*/g, '').trim());
    for (const sql of bare) {
      expect(sql).to.match(
        /^(CREATE|ALTER|DROP)\b[^(]*\bIF (NOT )?EXISTS\b|^(SELECT|OPTIMIZE|ALTER TABLE \S+ (MODIFY|RESET SETTING))\b/,
      );
    }
  });
});
