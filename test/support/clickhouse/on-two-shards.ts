import { migrate } from '../../../server/migrate/migrator.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { Closing } from '../../../server/closing.ts';
import { createLogger } from '../../../server/common/log.ts';
import { testDatabase } from './clickhouse.ts';
import { runProgram, type Run } from '../server/run-program.ts';
import { startTwoShards, type Shards } from './shards.ts';
import { rowsOf } from './stored.ts';

/** Gives the tests of a suite two shards that they share, and each test a database of its own on both. */
export function onTwoShards(): TwoShards {
  const engines = new Closing();
  const test = new TwoShards();
  before(async () => {
    test.cluster = await startTwoShards('test_*', engines);
  });
  after(async () => engines.close());
  beforeEach(async () => {
    test.closing = new Closing();
    const database = await testDatabase(test.cluster.endpoint);
    test.closing.add('database', () => database.drop());
    test.database = database.name;
  });
  afterEach(async () => test.closing.close());
  return test;
}

/** What a test on two shards works with; nothing of it is there outside a test. */
export class TwoShards {
  cluster!: Shards;
  database!: string;
  /** Ends, after the test, what the test adds. */
  closing!: Closing;

  /** Migrates the database of the test, and says what was applied. */
  async up(endpoint: ClickHouseEndpoint = this.cluster.endpoint): Promise<readonly string[]> {
    return await migrate({ endpoint, database: this.database, log: createLogger('silent') });
  }

  /** The rows of a query on each shard by itself. */
  async onEach<Row>(query: string): Promise<Row[][]> {
    const asked = this.cluster.shards.map(async ({ endpoint }) => rowsOf<Row>(endpoint, this.database, query));
    return await Promise.all(asked);
  }

  /** Runs a program of this project to its end. */
  async run(program: string, ...args: string[]): Promise<Run> {
    return await runProgram(program, args, { database: this.database, endpoint: this.cluster.endpoint });
  }
}
