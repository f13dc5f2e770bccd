import { expect } from 'chai';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { health } from '../../support/http/health.ts';
import { eventually } from '../../support/http/outcome.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { startTestApp } from '../../support/server/test-app.ts';

/** Of an hour that is over. */
const TIMESTAMP = Date.UTC(2026, 4, 1, 13);

describe('A mutation of an erasure that ClickHouse does again, without the tables of the erasure', () => {
  let database: MigratedDatabase;

  beforeEach(async () => {
    database = await migratedDatabase();
    await insertRows(database.name, 'events', [
      eventRow({ timestamp: TIMESTAMP * 1000, category: 'analytics', name: 'click', user: 'ada' }),
    ]);
  });
  afterEach(() => database.drop());

  const command = (query: string) => database.client.command({ query, clickhouse_settings: { mutations_sync: '0' } });

  /** As on a part from before, once the erasure is over. */
  async function mutateInVain(): Promise<void> {
    await command('SYSTEM STOP MERGES minutes');
    await command('CREATE TABLE erasure_found (name String) ENGINE = Memory');
    await command('ALTER TABLE minutes DELETE WHERE name IN (SELECT name FROM erasure_found)');
    await command('DROP TABLE erasure_found SYNC');
    await command('SYSTEM START MERGES minutes');
  }

  it('is in /health, and ended by a repair, which does not wait for it and says who is back', async () => {
    await mutateInVain();
    const service = await startTestApp({ database: database.name });
    const findings = async () => {
      const { parts } = await health(service);
      return parts.schema.findings?.map(({ severity, what }) => `${severity}: ${what}`);
    };
    try {
      await eventually(async () => expect(await findings()).to.deep.equal(['warning: mutations of minutes that fail']));
    } finally {
      await service.remove();
    }
    // What no one counts, so that the sets of the hour must be emptied.
    await command(`
      INSERT INTO minutes (minute, category, name, rows, ids)
      SELECT toDateTime(${TIMESTAMP / 1000}), 'analytics', 'click', 1, uniqExactState('ghost', toDateTime64(0, 6, 'UTC'))`);
    const { exitCode, stdout } = await runProgram('server/cli/verify.js', ['--repair'], { database: database.name });
    expect(stdout).to.include('run npm run erase again').and.include('Counted 1 hour anew');
    expect(exitCode).to.equal(0);
  });
});
