import { existsSync } from 'node:fs';
import path from 'node:path';
import { runningEngine, startEngine } from '../../clickhouse/embedded/embedded.ts';
import { withClient } from '../clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { hasWritten } from '../clickhouse/failed-writes.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { asInvoked } from './command.ts';

const NOT_WRITTEN =
  'The embedded ClickHouse was started again meanwhile, or could not write to its disk: not all that was done is there. Run this again.';

interface Use {
  /** Whether the command makes what is not there yet; others leave the disk as it is. */
  readonly createsData?: boolean;
  /** Whether all that comes of it is what it prints, so that nothing need be on a disk afterwards. */
  readonly onlyReads?: boolean;
}

/**
 * Runs `use` on the ClickHouse that the service uses: the configured server, else the engine that a running service
 * holds, else an engine started for as long as `use` takes.
 * @throws AppError `not_found` when there is no data to use, `unavailable` when what was done may not be on the disk of an
 * embedded engine
 */
export async function withClickHouse<T>(
  config: Config,
  log: Logger,
  use: (endpoint: ClickHouseEndpoint) => Promise<T>,
  { createsData = false, onlyReads = false }: Use = {},
): Promise<T> {
  const directory = path.join(config.dataDir, 'clickhouse');
  if (config.clickhouse === undefined && !createsData && !existsSync(directory)) throw noData(config.dataDir);
  const existing = config.clickhouse ?? (await runningEngine(directory));
  const run = onlyReads ? use : async (endpoint: ClickHouseEndpoint) => checked(endpoint, use);
  if (existing !== undefined) return await run(existing);
  const engine = await startEngine({ directory, log, database: config.database });
  try {
    return await run(engine.endpoint);
  } finally {
    await engine.close();
  }
}

async function checked<T>(endpoint: ClickHouseEndpoint, use: (endpoint: ClickHouseEndpoint) => Promise<T>): Promise<T> {
  if (!endpoint.isEmbedded) return await use(endpoint);
  const startedMs = performance.now();
  const result = await use(endpoint);
  if (await withClient({ endpoint, role: 'admin' }, async (admin) => hasWritten(admin, startedMs))) return result;
  throw new AppError('unavailable', NOT_WRITTEN);
}

function noData(dataDir: string): AppError {
  const next = 'start the service first (npm start), or set DATA_DIR, or CLICKHOUSE_URL to use a server';
  return new AppError('not_found', `There is no data in ${dataDir} yet: ${asInvoked(next)}.`);
}
