import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../server/clickhouse/client.ts';
import { nodesOf, type ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { classify } from '../../../server/clickhouse/errors.ts';

/** Where the main process of the tests says it to the others, as JSON. */
const VARIABLE = 'TEST_ENDPOINT';

/** An engine of a cluster that ended answers again within this. */
const ANSWERS_WITHIN_MS = 30_000;

/** The one ClickHouse of this test run. */
export function testEndpoint(): ClickHouseEndpoint {
  const endpoint = process.env[VARIABLE];
  if (endpoint === undefined) throw new Error('no ClickHouse: this file runs without test/support/global-setup');
  return JSON.parse(endpoint) as ClickHouseEndpoint;
}

/** Called by the global set-up, before any test, in the process that starts all others. */
export function setTestEndpoint(started: ClickHouseEndpoint): void {
  process.env[VARIABLE] = JSON.stringify(started);
}

/** A new empty database on each node, with a name that the service's users have their grants on. */
export async function testDatabase(
  endpoint: ClickHouseEndpoint = testEndpoint(),
): Promise<{ name: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await command(endpoint, `CREATE DATABASE IF NOT EXISTS ${name}`);
  return { name, drop: () => command(endpoint, `DROP DATABASE IF EXISTS ${name} SYNC`) };
}

async function command(endpoint: ClickHouseEndpoint, query: string): Promise<void> {
  for (const node of nodesOf(endpoint)) {
    const client = connect({ endpoint: node, role: 'admin' });
    try {
      await askAgain(node, async () => client.command({ query }));
    } finally {
      await client.close();
    }
  }
}

/**
 * What is asked, again while a node of a cluster is unavailable: the library that npm brings ends with SIGABRT when another
 * node hangs up on it in the middle of a query, as it does when a third is unavailable or its own client has left. It is
 * started again at once. What is asked must do no harm when it is done twice.
 */
export async function askAgain<T>({ cluster }: ClickHouseEndpoint, ask: () => Promise<T>): Promise<T> {
  for (const deadlineMs = Date.now() + ANSWERS_WITHIN_MS; ; await sleep(50)) {
    try {
      return await ask();
    } catch (error) {
      if (cluster === undefined || classify(error) !== 'server' || Date.now() > deadlineMs) throw error;
    }
  }
}
