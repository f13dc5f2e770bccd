import { migrate } from '../../../server/migrate/migrator.ts';
import { readConfig } from '../../../server/config/environment.ts';
import { createLogger } from '../../../server/common/log.ts';

// A migrator to be killed: node migrator-process.js DIRECTORY, with the environment of `runProgram`.
const { clickhouse: endpoint, database } = readConfig();
const [, , directory] = process.argv;
if (endpoint === undefined || directory === undefined) throw new Error('expected CLICKHOUSE_URL and a directory');
await migrate({ endpoint, database, directory, log: createLogger('warn') });
