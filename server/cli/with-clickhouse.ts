import { existsSync } from 'node:fs';
import path from 'node:path';
import { runningEngine, startEngine } from '../../clickhouse/embedded/embedded.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { asInvoked } from './command.ts';

/**
 * Runs `use` on the ClickHouse that the service uses: the configured server, else the engine that a running service
 * holds, else an engine started for as long as `use` takes.
 * @param options.createsData whether the command makes what is not there yet; others leave the disk as it is
 * @throws AppError `not_found` when there is no data to use
 */
export async function withClickHouse<T>(
  config: Config,
  log: Logger,
  use: (endpoint: ClickHouseEndpoint) => Promise<T>,
  { createsData = false }: { readonly createsData?: boolean } = {},
): Promise<T> {
  const directory = path.join(config.dataDir, 'clickhouse');
  if (config.clickhouse === undefined && !createsData && !existsSync(directory)) throw noData(config.dataDir);
  const existing = config.clickhouse ?? (await runningEngine(directory));
  if (existing !== undefined) return use(existing);
  const engine = await startEngine({ directory, log, database: config.database });
  try {
    return await use(engine.endpoint);
  } finally {
    await engine.close();
  }
}

function noData(dataDir: string): AppError {
  const next = 'start the service first (npm start), or set DATA_DIR, or CLICKHOUSE_URL to use a server';
  return new AppError('not_found', `There is no data in ${dataDir} yet: ${asInvoked(next)}.`);
}
