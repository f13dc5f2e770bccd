/** How much a caller may do: `eventsPerSecond` in the long run, and `burst` at once after a pause. */
export interface Rate {
  readonly eventsPerSecond: number;
  readonly burst: number;
}

/** One token an event and one a question; it fills up at the rate, and holds at most the burst. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledMs: number;

  /** @param nowMs monotonic, in milliseconds */
  constructor(rate: Rate, nowMs: () => number) {
    this.#rate = rate;
    this.#nowMs = nowMs;
    this.#tokens = rate.burst;
    this.#filledMs = nowMs();
  }

  /**
   * Takes tokens, or none. Who asks for more than the bucket holds gets them from a full one, which is then in debt until
   * the rate has paid for them: so large bodies pass, and the rate holds all the same.
   * @param taken of the same body, before; they are given back when these are not there
   * @returns 0 when they were taken, otherwise the seconds after which all of them will be there
   */
  take(tokens: number, taken = 0): number {
    const { eventsPerSecond, burst } = this.#rate;
    const now = this.#nowMs();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledMs) / 1000) * eventsPerSecond);
    this.#filledMs = now;
    const missing = Math.min(taken + tokens, burst) - (taken + this.#tokens);
    this.#tokens += missing > 0 ? taken : -tokens;
    return missing > 0 ? missing / eventsPerSecond : 0;
  }

  /** Gives back what was taken. */
  giveBack(tokens: number): void {
    this.#tokens += tokens;
  }
}
