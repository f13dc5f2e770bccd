import { setMaxListeners } from 'node:events';
import { deferred } from './deferred.ts';

/**
 * Work that several may wait for. It goes on while any of them does, and is cancelled when the last has gone before its end.
 *
 * States: `under way`; `over`; `cancelled` for good, so that whoever comes then needs another.
 */
export class Shared<T> {
  /** Rejects with what the work throws; that need not be handled. */
  readonly result: Promise<T>;
  readonly #cancelling = new AbortController();
  #waiting = 0;
  #isOver = false;

  /** @param work begins at once, and ends early when its signal is aborted */
  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.result = work(this.#cancelling.signal).finally(() => (this.#isOver = true));
    this.result.catch(() => undefined);
  }

  get isCancelled(): boolean {
    return this.#cancelling.signal.aborted;
  }

  /**
   * Waits for the work.
   * @param signal ends the waiting; without one it cannot be cancelled any more
   * @throws what the work throws, and the reason of the signal
   */
  async wait(signal?: AbortSignal): Promise<T> {
    this.#waiting += 1;
    if (signal === undefined) return await this.result;
    try {
      return await unlessAborted(signal, this.result);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#isOver) this.#cancelling.abort(signal.reason);
    }
  }
}

/** Work that can still be joined. */
export function joinable<T>(shared: Shared<T> | undefined): Shared<T> | undefined {
  return shared?.isCancelled === true ? undefined : shared;
}

/** What `result` is, or rejects as soon as the signal says so, with its reason. */
export async function unlessAborted<T>(signal: AbortSignal, result: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  // Whoever waits for many things listens many times, and Node would take more than ten for a leak.
  setMaxListeners(0, signal);
  const aborted = deferred<never>();
  const onAbort = () => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([result, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
