import { isSameFailure } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { repeat } from '../common/repeat.ts';

export interface TakeoversDependencies {
  /** Takes over the journals whose owner is gone, and hands them on to be shipped, until the signal says stop. */
  readonly takeOver: (signal: AbortSignal) => Promise<void>;
  /** Whether what is taken over now would be shipped soon; if not, it may as well wait where it is. */
  readonly isShipping: () => boolean;
  readonly log: Logger;
}

/** So that events of a server that was killed, or stopped while ClickHouse was unavailable, wait no longer than this for another. */
const LOOK_EVERY_MS = 2_000;

/**
 * Looks for journals whose owner is gone: at once, when it is not known yet whether ClickHouse is available, and then for
 * as long as it is open.
 * @returns how to look no more; resolves when nothing is being handed on any more. What was not handed on is for another
 * server
 */
export function openTakeovers({ takeOver, isShipping, log }: TakeoversDependencies): () => Promise<void> {
  let last: unknown;
  const look = async (signal: AbortSignal) => {
    if (!isShipping()) return;
    await takeOver(signal);
    last = undefined;
  };
  const failed = (error: unknown) => {
    if (!isSameFailure(last, error))
      log.error({ err: error }, 'journals of servers that are gone could not be taken over');
    last = error;
  };
  return repeat(LOOK_EVERY_MS, look, failed, 0);
}
