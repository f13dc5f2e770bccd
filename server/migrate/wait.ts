import { withClient } from '../clickhouse/client.ts';
import { nodesOf, type ClickHouseEndpoint } from '../clickhouse/endpoint.ts';
import { codeOf } from '../clickhouse/errors.ts';
import { backoffMs, pause, type Backoff } from '../common/retry.ts';
import { AppError, messageOf } from '../common/errors.ts';

export interface WaitOptions {
  readonly endpoint: ClickHouseEndpoint;
  /** How long to go on trying; 0 tries once. */
  readonly waitMs: number;
  /** Told what is waited for: at first, and whenever the reason changes. */
  readonly say: (line: string) => void;
}

const BACKOFF: Backoff = { firstMs: 100, maxMs: 2_000 };

/**
 * Returns once ClickHouse answers queries of the admin, on every node of a cluster; or when the time is over and some of
 * them do, for whoever can do without the others. What ClickHouse itself refuses, such as a wrong password, no waiting
 * will fix, and it is thrown at once.
 * @throws AppError `unavailable` when the time is over and no node answers
 */
export async function waitForClickHouse({ endpoint, waitMs, say }: WaitOptions): Promise<void> {
  const deadline = Date.now() + waitMs;
  const never = new AbortController().signal;
  let said = '';
  for (let attempt = 1; ; attempt += 1) {
    const nodes = await Promise.all(
      nodesOf(endpoint).map(async (node) => ({ url: node.urls[0], error: await failureOf(node) })),
    );
    const silent = nodes.find(({ error }) => error !== undefined);
    if (silent?.error === undefined) return;
    if (codeOf(silent.error) !== undefined) throw silent.error;
    const reason = `ClickHouse at ${silent.url}: ${messageOf(silent.error)}`;
    if (Date.now() >= deadline) {
      if (nodes.some(({ error }) => error === undefined)) return;
      throw new AppError('unavailable', reason, { cause: silent.error });
    }
    if (reason !== said) say(`waiting for ${reason}`);
    said = reason;
    await pause(Math.min(backoffMs(attempt, BACKOFF, Math.random), deadline - Date.now()), never);
  }
}

async function failureOf(endpoint: ClickHouseEndpoint): Promise<Error | undefined> {
  return await withClient({ endpoint, role: 'admin', requestTimeoutMs: 5_000 }, async (client) => {
    const answer = await client.ping({ select: true });
    return answer.success ? undefined : answer.error;
  });
}
