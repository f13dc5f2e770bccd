import { startApp, type App, type Surroundings } from '../../../server/app.ts';
import { defaults, type Config } from '../../../server/config/config.ts';
import { createLogger } from '../../../server/common/log.ts';
import { testDatabase, testEndpoint } from '../clickhouse/clickhouse.ts';
import { applyMigrations } from '../clickhouse/migrated-database.ts';
import { tempDir } from '../temp-dir.ts';

/** The whole service in this process, on a free port, with a database and a data directory of its own. */
export interface TestApp {
  readonly app: App;
  readonly url: string;
  readonly database: string;
  readonly dataDir: string;
  /** Closes the service and removes what it used. */
  remove(): Promise<void>;
}

/**
 * @param config what differs from the defaults; the waits are short so that tests do not wait for nothing. A `database`
 * that is named here is the caller's, and is neither made nor dropped
 */
export async function startTestApp(config: Partial<Config> = {}, surroundings: Surroundings = {}): Promise<TestApp> {
  const directory = await tempDir();
  const { clickhouse = testEndpoint() } = config;
  const database =
    config.database === undefined
      ? await testDatabase(clickhouse)
      : { name: config.database, drop: async () => undefined };
  const discard = async () => {
    await database.drop();
    await directory.remove();
  };
  const start = async () => {
    if (config.database === undefined) await applyMigrations(clickhouse, database.name);
    return await startApp(
      {
        ...defaults,
        port: 0,
        drainMs: 0,
        dataDir: directory.path,
        database: database.name,
        journal: { ...defaults.journal, batchMaxWaitMs: 20 },
        ...config,
        clickhouse,
      },
      { log: createLogger('fatal'), ...surroundings },
    );
  };
  const app = await start().catch(async (error: unknown) => {
    await discard();
    throw error;
  });
  const remove = async () => {
    await app.close();
    await discard();
  };
  return { app, url: app.url, database: database.name, dataDir: directory.path, remove };
}
