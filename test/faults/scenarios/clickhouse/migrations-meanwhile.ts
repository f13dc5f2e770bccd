import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { migrate, migrationsDirectory } from '../../../../server/migrate/migrator.ts';
import { createLogger } from '../../../../server/common/log.ts';
import type { Scenario } from '../../harness/scenario.ts';
import type { World } from '../../harness/world.ts';

/** Of the next version: whatever a table may get without the service knowing. */
const NEXT = `ALTER TABLE events ADD COLUMN IF NOT EXISTS country LowCardinality(String) DEFAULT '';
ALTER TABLE events MODIFY COLUMN session_id String CODEC(ZSTD(2));
ALTER TABLE hours MODIFY SETTING merge_with_ttl_timeout = 3600;
ALTER TABLE events MODIFY COMMENT 'migrated';
`;

export const migrationsMeanwhile: Scenario = {
  name: 'migrations-meanwhile',
  what: 'Several migrators run at once, from nothing and with a migration of the next version, while events come in and the server is killed',
  run: async (world) => {
    const directory = world.dataDir('migrations');
    await cp(migrationsDirectory, directory, { recursive: true });
    const [server] = await Promise.all([world.startServer(), runMigrators(world, migrationsDirectory)]);
    world.traffic();
    await world.acknowledged(20);
    await Promise.all([runMigrators(world, directory), world.killServer(server)]);
    await world.startServer();
    await world.acknowledged(20);
    await writeFile(path.join(directory, '9000_next.sql'), NEXT);
    await runMigrators(world, directory);
    await world.acknowledged(20);
    // A server of this version that starts now would wait, as it must, for somebody to run the next version.
    await world.clickhouse.command(world.database, "DELETE FROM migrations WHERE name = '9000_next'");
  },
};

async function runMigrators(world: World, directory: string): Promise<void> {
  const { clickhouse, database } = world;
  const options = { endpoint: clickhouse.endpoint, database, directory, log: createLogger('silent') };
  await Promise.all([1, 2, 3].map(async () => migrate(options)));
}
