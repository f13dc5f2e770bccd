import { migrate } from '../../../server/migrate/migrator.ts';
import { connect, type ClickHouseClient } from '../../../server/clickhouse/client.ts';
import { createLogger } from '../../../server/common/log.ts';
import { testDatabase, testEndpoint } from './clickhouse.ts';

export interface MigratedDatabase {
  readonly name: string;
  /** Of the admin, in this database. */
  readonly client: ClickHouseClient;
  drop(): Promise<void>;
}

/** A new database with all migrations. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const database = await testDatabase();
  const endpoint = testEndpoint();
  await migrate({ endpoint, database: database.name, log: createLogger('warn') });
  const client = connect({ endpoint, role: 'admin', database: database.name });
  return {
    name: database.name,
    client,
    async drop() {
      await client.close();
      await database.drop();
    },
  };
}
