import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination, Sent } from './sent.ts';

const POLL_MS = 100;

/** Waits until all of it is delivered, or nothing more will be. @param quietMs after so long without news it is given up */
export async function untilQuiet(
  sent: readonly Sent[],
  { delivered }: Pick<Destination, 'delivered'>,
  quietMs: number,
): Promise<void> {
  let known = -1;
  for (let sinceMs = Date.now(); Date.now() - sinceMs < quietMs; await sleep(POLL_MS)) {
    const now = sent.filter(({ marker }) => delivered.has(marker)).length;
    if (now === sent.length) return;
    if (now > known) sinceMs = Date.now();
    known = now;
  }
}
