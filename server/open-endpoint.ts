import path from 'node:path';
import { DataIdentity } from '../clickhouse/embedded/data-identity.ts';
import { startEngine } from '../clickhouse/embedded/embedded.ts';
import { consoleUrl } from './console-url.ts';
import type { Closing } from './closing.ts';
import type { Config } from './config/config.ts';
import type { Logger } from './common/log.ts';
import type { ClickHouseEndpoint } from './clickhouse/endpoint.ts';

export interface OpenEndpoint {
  readonly endpoint: ClickHouseEndpoint;
  /** ClickHouse's own SQL console, as the analyst, with a first query. */
  readonly consoleUrl: string;
  /** Why nothing may be shipped, though ClickHouse may answer; undefined while all is well. */
  readonly problem: () => string | undefined;
}

/**
 * The server that the operator named, or else the embedded engine, started here and closed with `closing`.
 * @throws AppError when the embedded engine cannot start, or the reason of `signal`
 */
export async function openEndpoint(
  config: Config,
  log: Logger,
  closing: Closing,
  signal: AbortSignal,
): Promise<OpenEndpoint> {
  const { clickhouse, dataDir, database } = config;
  const directory = path.join(dataDir, 'clickhouse');
  if (clickhouse !== undefined) {
    // Its password is the operator's, and is not printed.
    const endpoint = { ...clickhouse, analyst: { ...clickhouse.analyst, password: '' } };
    // Of the engine of the primary: that ends it once it sees that its data is gone, and until then it takes INSERTs.
    const data = clickhouse.isEmbedded ? DataIdentity.found(path.join(directory, 'data')) : undefined;
    return { endpoint: clickhouse, consoleUrl: consoleUrl(endpoint, database), problem: () => data?.problem };
  }
  const engine = await startEngine({ directory, log, database, signal });
  closing.add('embedded ClickHouse', () => engine.close());
  const { endpoint } = engine;
  return { endpoint, consoleUrl: consoleUrl(endpoint, database), problem: () => engine.problem };
}
