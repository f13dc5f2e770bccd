import { pause } from '../common/retry.ts';
import { messageOf } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';

export interface TakeoversDependencies {
  /** Takes over the journals whose owner is gone, and hands them on to be shipped, until the signal says stop. */
  readonly takeOver: (signal: AbortSignal) => Promise<void>;
  /** Whether what is taken over now would be shipped soon; if not, it may as well wait where it is. */
  readonly isShipping: () => boolean;
  readonly log: Logger;
}

export interface Takeovers {
  /** Looks no more; resolves when nothing is being handed on any more. What was not handed on is for another server. */
  close(): Promise<void>;
}

/** So that events of a server that was killed, or stopped while ClickHouse was unavailable, wait no longer than this for another. */
const LOOK_EVERY_MS = 2_000;

/** Looks for journals whose owner is gone: at once, whatever the state of ClickHouse, and then for as long as it is open. */
export function openTakeovers({ takeOver, isShipping, log }: TakeoversDependencies): Takeovers {
  const stop = new AbortController();
  const { signal } = stop;
  /** What was logged last: the same trouble every two seconds is logged once. */
  let trouble: string | undefined;
  const look = async () => {
    try {
      await takeOver(signal);
      trouble = undefined;
    } catch (error) {
      if (trouble !== messageOf(error)) {
        log.error({ err: error }, 'journals of servers that are gone could not be taken over');
      }
      trouble = messageOf(error);
    }
  };
  const looking = (async () => {
    await look();
    while (!signal.aborted) {
      await pause(LOOK_EVERY_MS, signal);
      if (!signal.aborted && isShipping()) await look();
    }
  })();
  return {
    close: async () => {
      stop.abort();
      await looking;
    },
  };
}
