import { startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { endpointEnv } from '../../../bench/servers/endpoint-env.ts';
import type { Closing } from '../../../server/closing.ts';
import { silentLog } from '../logs.ts';
import { startServer } from './server-process.ts';
import { tempDir } from '../temp-dir.ts';

/** A service with a ClickHouse of its own, which can be taken from it and given back. */
export interface SeverableService {
  readonly url: string;
  /** Ends ClickHouse. */
  sever(): Promise<void>;
  /** Starts it again, with the same data at the same address. */
  restore(): Promise<void>;
}

/** @param closing where what is started is registered to be closed */
export async function startSeverableService(database: string, closing: Closing): Promise<SeverableService> {
  const engineDirectory = await newDirectory(closing);
  let engine = await newEngine(engineDirectory, closing);
  const server = await startServer({
    ...endpointEnv(engine.endpoint),
    CLICKHOUSE_DATABASE: database,
    DATA_DIR: await newDirectory(closing),
  });
  closing.add('server', () => server.stop());
  return {
    url: server.url,
    sever: async () => engine.close(),
    restore: async () => {
      engine = await newEngine(engineDirectory, closing);
    },
  };
}

async function newDirectory(closing: Closing): Promise<string> {
  const directory = await tempDir();
  closing.add('directory', () => directory.remove());
  return directory.path;
}

async function newEngine(directory: string, closing: Closing): Promise<Engine> {
  const engine = await startEngine({ directory, log: silentLog, database: 'test_*' });
  closing.add('engine', () => engine.close());
  return engine;
}
