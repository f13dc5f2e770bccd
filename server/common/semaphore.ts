import { AppError } from './errors.ts';

export interface SemaphoreLimits {
  /** So many at a time. */
  readonly atOnce: number;
  /** And so many more that wait. */
  readonly maxWaiting: number;
  /** No longer than that; milliseconds. */
  readonly maxWaitMs: number;
}

/** Lets so many work at a time; others wait for their turn, in the order in which they came, for a while. */
export class Semaphore {
  readonly #limits: SemaphoreLimits;
  #working = 0;
  /** What to call when it is the turn of each who waits; the first came first. */
  readonly #waiting = new Set<() => void>();

  constructor(limits: SemaphoreLimits) {
    this.#limits = limits;
  }

  /**
   * Works when it is time for that.
   * @param work gets how long it has waited, in milliseconds
   * @param signal of who waits
   * @throws AppError `overloaded` when too many wait, or it is not its turn in time; the reason of the signal; and what `work` throws
   */
  async take<T>(work: (waitedMs: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const cameMs = performance.now();
    if (this.#working < this.#limits.atOnce) this.#working += 1;
    else await this.#wait(signal);
    try {
      return await work(performance.now() - cameMs);
    } finally {
      this.#next();
    }
  }

  /** Hands the turn on, or gives it back. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) this.#working -= 1;
    else first();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const { maxWaiting, maxWaitMs } = this.#limits;
    if (this.#waiting.size >= maxWaiting) throw overloaded(maxWaitMs);
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(begin);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const begin = () => {
        leave();
        resolve();
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        leave();
        reject(overloaded(maxWaitMs));
      }, maxWaitMs);
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(begin);
    });
  }
}

function overloaded(waitMs: number): AppError {
  const message = 'More questions are being asked than ClickHouse can answer in time; this one was not asked';
  return new AppError('overloaded', message, { retryAfterS: Math.ceil(waitMs / 1000) });
}
