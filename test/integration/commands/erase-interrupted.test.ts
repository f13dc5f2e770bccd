import { expect } from 'chai';
import { createLogger } from '../../../server/common/log.ts';
import { eraseUser } from '../../../server/erase/erase-user.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { CountedModel, countedIn } from '../../support/clickhouse/counted-model.ts';
import { eventRow, insertRows } from '../../support/clickhouse/insert-events.ts';
import { migratedDatabase, type MigratedDatabase } from '../../support/clickhouse/migrated-database.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('npm run erase, of which a mutation is killed', () => {
  let database: MigratedDatabase;
  let directory: TempDir;

  beforeEach(async () => {
    database = await migratedDatabase();
    directory = await tempDir();
  });
  afterEach(async () => {
    await database.drop();
    await directory.remove();
  });

  const ask = <Row>(query: string) => rowsOf<Row>(testEndpoint(), database.name, query);
  const command = async (query: string) => database.client.command({ query });
  const erase = async () =>
    eraseUser(
      { user: 'u1', application: undefined },
      {
        endpoint: testEndpoint(),
        database: database.name,
        dataDir: directory.path,
        waitMs: 5_000,
        nowMs: Date.now,
        log: createLogger('silent'),
      },
    );

  for (const table of ['events', 'minutes', 'hours'])
    it(`says so, and is completed by the next: of ${table}`, async () => {
      const model = new CountedModel();
      const rows = Array.from({ length: 40 }, (_, at) => eventRow({ event_id: `e${at}`, user: `u${at % 4}` }));
      model.add(rows);
      await insertRows(database.name, 'events', rows);
      // Mutations wait with them.
      await command(`SYSTEM STOP MERGES ${table}`);
      const attempt = failure(erase());
      const open = `SELECT mutation_id FROM system.mutations WHERE database = currentDatabase() AND table = '${table}' AND NOT is_done`;
      await eventually(async () => expect(await ask(open)).not.to.deep.equal([]));
      await command(`KILL MUTATION WHERE database = currentDatabase() AND table = '${table}' SYNC`);
      await command(`SYSTEM START MERGES ${table}`);
      expect(String(await attempt)).to.include(table === 'events' ? 'was killed' : 'cannot change the sets now');
      expect(await ask('SELECT 1 FROM erasure LIMIT 1')).to.have.length(1);
      await erase();
      expect(await countedIn(testEndpoint(), database.name)).to.deep.equal(model.without(({ user }) => user === 'u1'));
      expect(await ask(`SELECT 1 FROM events WHERE user = 'u1'`)).to.deep.equal([]);
    }).timeout(20_000);
});
