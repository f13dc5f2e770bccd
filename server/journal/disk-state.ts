import { errorOf, isSameFailure } from '../common/errors.ts';
import { withAdvice } from '../common/files.ts';
import type { Logger } from '../common/log.ts';

/** When it makes sense to send again what a disk that fails or hangs refused. */
export const RETRY_AFTER_S = 5;

/** When the disk takes longer than this for one step, it is taken for one that hangs: nobody else is made to wait for it. */
const STALLED_MS = 10_000;

/** How the disk of one table's journal does: whether it takes what is written, and whether it answers at all. */
export class DiskState {
  readonly #table: string;
  readonly #log: Logger;
  readonly #nowMs: () => number;
  /** Since when it is waited for; undefined while it is not. */
  #stepSinceMs: number | undefined;
  #isStallLogged = false;
  #failure: { readonly error: Error; readonly atMs: number } | undefined;

  constructor({ table, log, nowMs }: { readonly table: string; readonly log: Logger; readonly nowMs: () => number }) {
    this.#table = table;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Why the last write failed; undefined while writing works. */
  get lastError(): Error | undefined {
    return this.#failure?.error;
  }

  /** Whether the last write failed so recently that another try makes no sense yet. */
  get isFailing(): boolean {
    if (this.#failure === undefined) return false;
    // No longer where the clock goes back.
    return Math.abs(this.#nowMs() - this.#failure.atMs) < RETRY_AFTER_S * 1000;
  }

  /** For how many seconds it has not answered, when that is too long; logged once for each time. */
  stalledS(): number | undefined {
    if (this.#stepSinceMs === undefined) return undefined;
    const stepMs = this.#nowMs() - this.#stepSinceMs;
    if (stepMs <= STALLED_MS) return undefined;
    if (!this.#isStallLogged)
      this.#log.error({ table: this.#table }, 'the disk of the journal does not answer; events get 503');
    this.#isStallLogged = true;
    return Math.round(stepMs / 1000);
  }

  /** It is waited for from now on. */
  begin(): void {
    this.#stepSinceMs = this.#nowMs();
    this.#isStallLogged = false;
  }

  /** It is not waited for any more. */
  end(): void {
    this.#stepSinceMs = undefined;
  }

  /** It has taken what was written. */
  worked(): void {
    this.#failure = undefined;
  }

  /** @returns whether that is news, and not the outage that was logged already */
  failed(cause: unknown): boolean {
    const error = errorOf(withAdvice(cause));
    const isNews = !isSameFailure(this.#failure?.error, error);
    this.#failure = { error, atMs: this.#nowMs() };
    if (isNews) this.#log.error({ err: error, table: this.#table }, 'the journal could not be written');
    return isNews;
  }
}
