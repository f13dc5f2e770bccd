import path from 'node:path';
import { runningEngine, startEngine } from '../../clickhouse/embedded/embedded.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../common/log.ts';

/**
 * Runs `use` on the ClickHouse that the service uses: the configured server, else the engine that a running service
 * holds, else an engine started for as long as `use` takes.
 */
export async function withClickHouse<T>(
  config: Config,
  log: Logger,
  use: (endpoint: ClickHouseEndpoint) => Promise<T>,
): Promise<T> {
  const directory = path.join(config.dataDir, 'clickhouse');
  const existing = config.clickhouse ?? (await runningEngine(directory));
  if (existing !== undefined) return use(existing);
  const engine = await startEngine({ directory, log, database: config.database });
  try {
    return await use(engine.endpoint);
  } finally {
    await engine.close();
  }
}
