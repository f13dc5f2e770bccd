import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEngine, type Engine } from '../../clickhouse/embedded/embedded.ts';
import { endpointEnv } from './endpoint-env.ts';
import type { Closing } from '../../server/closing.ts';
import { createLogger } from '../../server/common/log.ts';
import { programFile } from '../../server/common/project-root.ts';
import { startChildServer, type ChildServer } from './child-server.ts';

/** The service as it is shipped: its own process, its own ClickHouse, an empty temporary directory. */
export interface Service {
  readonly engine: Engine;
  readonly server: ChildServer;
}

/** The database of the service; its users may touch no other. */
export const DATABASE = 'analytics';

/**
 * Starts it on free ports, with the default settings. Everything it opens is registered with `closing`.
 * @param program another build's `server/main.js`
 */
export async function startService(closing: Closing, program = programFile('server/main.js')): Promise<Service> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'clickhour-bench-'));
  closing.add('temporary directory', () => rm(directory, { recursive: true, force: true }));
  const engine = await startEngine({
    directory: path.join(directory, 'clickhouse'),
    log: createLogger('warn'),
    database: DATABASE,
  });
  closing.add('engine', () => engine.close());
  const server = await startChildServer(program, {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: path.join(directory, 'data'),
    LOG_LEVEL: 'warn',
    ...endpointEnv(engine.endpoint),
    CLICKHOUSE_DATABASE: DATABASE,
  });
  closing.add('server', () => server.close());
  return { engine, server };
}
