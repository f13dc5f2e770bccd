import { migrate } from '../../migrations/migrator.ts';
import { readConfig } from '../../server/environment.ts';
import { createLogger } from '../../server/log.ts';

// A migrator to be killed: node migrator-process.js DIRECTORY, with the environment of `runProgram`.
const { clickhouse: endpoint, database } = readConfig();
const [, , directory] = process.argv;
if (endpoint === undefined || directory === undefined)
  throw new Error('expected CLICKHOUSE_URL and a directory');
await migrate({ endpoint, database, directory, log: createLogger('warn') });
