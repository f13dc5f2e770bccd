import { measureFreshness, percentile, type Books } from '../../../bench/measure/freshness-probe.ts';
import type { Ledger } from '../../support/events/ledger.ts';
import type { World } from './world.ts';

/** Within it a click is seen, whatever others do. */
export const FRESH_MS = 2000;
const CLICKING_SECONDS = 1;

/** Of clicks that are each alone in their request. */
export function booksOf(ledger: Ledger): Books {
  return {
    open: () => ledger.open(),
    settle: (users, isTaken) => ledger.settle(users, isTaken ? 'acknowledged' : 'refused'),
  };
}

/**
 * Clicks as soon as everything is healed and a server is ready, while all that waits is still on its way.
 * @param freshMs within which each must be seen
 * @throws Error when one is not
 */
export async function clickBesideBacklog(world: World, freshMs: number): Promise<void> {
  const server = await world.startServer();
  await world.ready(server);
  const { seenAfterMs, unseen } = await measureFreshness({
    url: server.url ?? '',
    enginePid: world.clickhouse.pid,
    hostility: undefined,
    seconds: CLICKING_SECONDS,
    books: booksOf(world.ledger),
    signal: new AbortController().signal,
  });
  expectFresh(seenAfterMs, unseen, freshMs);
}

/** @throws Error when a click in a hundred was not seen in time */
export function expectFresh(seenAfterMs: readonly number[], unseen: number, freshMs: number): void {
  const p99 = percentile(seenAfterMs, 99);
  // Not a number when none was taken.
  if (unseen > 0 || !(p99 <= freshMs))
    throw new Error(
      `${unseen} clicks were not seen, the others after p99 ${p99.toFixed(0)} ms; expected ${freshMs} ms`,
    );
}
