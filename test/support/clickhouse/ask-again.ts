import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { classify } from '../../../server/clickhouse/errors.ts';

const WITHIN_MS = 30_000;

/**
 * What is asked, again while a node of a cluster is unavailable: the library that npm brings ends with SIGABRT when another
 * node hangs up on it in the middle of a query, as it does when a third is unavailable or its own client has left. It is
 * started again at once. What is asked must do no harm when it is done twice.
 */
export async function askAgain<T>({ cluster }: ClickHouseEndpoint, ask: () => Promise<T>): Promise<T> {
  for (const deadlineMs = Date.now() + WITHIN_MS; ; await sleep(50)) {
    try {
      return await ask();
    } catch (error) {
      if (cluster === undefined || classify(error) !== 'server' || Date.now() > deadlineMs) throw error;
    }
  }
}
