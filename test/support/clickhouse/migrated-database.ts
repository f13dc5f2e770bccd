import type { AdminNode } from '../../../server/clickhouse/admin-node.ts';
import { connect, type ClickHouseClient } from '../../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { readTopology } from '../../../server/clickhouse/topology.ts';
import { createLogger } from '../../../server/common/log.ts';
import { checksum, readMigrations } from '../../../server/migrate/files.ts';
import { createLedger } from '../../../server/migrate/ledger.ts';
import { migrate, migrationsDirectory } from '../../../server/migrate/migrator.ts';
import { testDatabase, testEndpoint } from './clickhouse.ts';

export interface MigratedDatabase {
  readonly name: string;
  /** Of the admin, in this database. */
  readonly client: ClickHouseClient;
  /** With this client. */
  readonly node: AdminNode;
  drop(): Promise<void>;
}

/** A new database with all migrations. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const database = await testDatabase();
  const endpoint = testEndpoint();
  await applyMigrations(endpoint, database.name);
  const client = connect({ endpoint, role: 'admin', database: database.name });
  const { layout, nodes } = await readTopology(endpoint);
  return {
    name: database.name,
    client,
    node: { ...nodes[0], client, layout, database: database.name },
    async drop() {
      await client.close();
      await database.drop();
    },
  };
}

/**
 * What `migrate` leaves in a new database, in a third of the queries: without the lock, and with all notes in one INSERT. The
 * servers in processes of their own, and the tests of the migrations, run those.
 */
export async function applyMigrations(endpoint: ClickHouseEndpoint, database: string): Promise<void> {
  if (endpoint.cluster !== undefined) {
    await migrate({ endpoint, database, log: createLogger('warn') });
    return;
  }
  const client = connect({ endpoint, role: 'admin', database });
  try {
    const files = await readMigrations(migrationsDirectory);
    for (const query of files.flatMap(({ statements }) => statements)) await client.command({ query });
    await createLedger(client);
    const notes = files.flatMap((file) => [
      { name: file.name, statement: 0, checksum: file.checksum },
      ...file.statements.map((sql, index) => ({ name: file.name, statement: index + 1, checksum: checksum(sql) })),
    ]);
    await client.insert({ table: 'migrations', values: notes, format: 'JSONEachRow' });
  } finally {
    await client.close();
  }
}
