export type Lane = 'fresh' | 'backlog';

export interface PaceOptions {
  /** The sustained interval between two INSERTs, in milliseconds. */
  readonly intervalMs: number;
  /** Milliseconds since some moment; never goes back. */
  readonly nowMs: () => number;
}

/** So many INSERTs at once after a pause. */
const BURST = 3;

/** Of the tokens that are taken while both lanes wait, every so manieth is the backlog's. */
const SHARE = 4;

/**
 * When the next INSERT into a table may begin: a token bucket. What is fresh goes first, but of every four tokens one is
 * the backlog's, so that it always comes on. Otherwise the backlog leaves one, so that the next event does not wait.
 */
export class Pace {
  readonly #intervalMs: number;
  readonly #nowMs: () => number;
  #tokens = BURST;
  #filledMs: number;
  /** How many in a row the fresh lane took while the backlog waited. */
  #inRow = 0;

  constructor({ intervalMs, nowMs }: PaceOptions) {
    this.#intervalMs = intervalMs;
    this.#nowMs = nowMs;
    this.#filledMs = nowMs();
  }

  /**
   * Which of the lanes that have something to send is the next, and in how many milliseconds it may.
   * @param ready at least one
   */
  next(ready: readonly Lane[]): { readonly lane: Lane; readonly waitMs: number } {
    const isBacklogsTurn = this.#inRow >= SHARE - 1;
    const isFresh = ready.includes('fresh') && !(isBacklogsTurn && ready.includes('backlog'));
    const needed = isFresh || isBacklogsTurn ? 1 : 2;
    const missing = needed - this.#fill();
    return {
      lane: isFresh ? 'fresh' : 'backlog',
      waitMs: Math.max(0, Math.ceil(missing * this.#intervalMs)),
    };
  }

  take(lane: Lane, ready: readonly Lane[]): void {
    this.#tokens = Math.max(0, this.#fill() - 1);
    this.#inRow = lane === 'fresh' && ready.includes('backlog') ? this.#inRow + 1 : 0;
  }

  #fill(): number {
    const nowMs = this.#nowMs();
    this.#tokens = Math.min(BURST, this.#tokens + (nowMs - this.#filledMs) / this.#intervalMs);
    this.#filledMs = nowMs;
    return this.#tokens;
  }
}
