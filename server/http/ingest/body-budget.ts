import { AppError } from '../../common/errors.ts';

/** The bytes of all bodies that are being read, so that many large ones at once cannot exhaust the memory. */
export class BodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws AppError `overloaded` when there is no room for them; then they are not taken */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      const message = `Nothing was stored: ${this.#bytes} bytes of bodies are being read, at most ${this.#maxBytes} may be`;
      throw new AppError('overloaded', message, { retryAfterS: 1 });
    }
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
