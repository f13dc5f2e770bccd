/** How long the past is looked at: long enough for several batches, short enough to notice an outage. */
const WINDOW_MS = 30_000;
const MIN_S = 1;
const MAX_S = 60;

/** How fast something drains, from what has drained lately; so that who has to wait is told for how long. */
export class DrainRate {
  readonly #nowMs: () => number;
  #drained: { readonly atMs: number; readonly amount: number }[] = [];

  /** @param nowMs in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(amount: number): void {
    this.#forget();
    this.#drained.push({ atMs: this.#nowMs(), amount });
  }

  /** Whole seconds until `amount` more has drained at this rate, from 1 to 60; 60 when nothing drained lately. */
  secondsFor(amount: number): number {
    this.#forget();
    const first = this.#drained[0];
    if (first === undefined) return MAX_S;
    const total = this.#drained.reduce((sum, { amount }) => sum + amount, 0);
    const overS = Math.max(1000, this.#nowMs() - first.atMs) / 1000;
    return Math.min(MAX_S, Math.max(MIN_S, Math.ceil((amount * overS) / total)));
  }

  #forget(): void {
    const since = this.#nowMs() - WINDOW_MS;
    const kept = this.#drained.findIndex(({ atMs }) => atMs > since);
    if (kept !== 0) this.#drained = kept === -1 ? [] : this.#drained.slice(kept);
  }
}
