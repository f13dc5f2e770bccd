import { setTimeout as sleep } from 'node:timers/promises';

/** Bounded exponential back-off. Times in milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after the `attempt`-th failure in a row (1 is the first): doubling, bounded, and spread over half of
 * itself so that many servers that lost one database do not return to it at the same moment.
 * @param random from 0 up to 1
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: Backoff, random: () => number): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return ceiling * (0.5 + random() / 2);
}

/** Waits, or returns early and quietly when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
