import { AppError } from '../../common/errors.ts';
import { MIB } from '../../common/units.ts';
import type { RequestContext } from './context.ts';

/** A page may have 64 MiB, and a reader may take it as slowly as it likes. */
const MAX_BYTES = 256 * MIB;
const RETRY_AFTER_S = 5;

/** The memory of large answers that their readers have not taken yet. */
export class UnsentAnswers {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Answers with JSON that is text already.
   * @param read is not called when there is no room for another
   * @throws AppError `overloaded` then, and what `read` throws
   */
  async answer(ctx: RequestContext, read: () => Promise<string>): Promise<void> {
    if (this.#bytes >= this.#maxBytes) {
      const message = `${this.#bytes} bytes of answers wait for their readers, at most ${this.#maxBytes} may`;
      throw new AppError('overloaded', message, { retryAfterS: RETRY_AFTER_S });
    }
    const text = await read();
    if (ctx.res.destroyed) return;
    const bytes = Buffer.byteLength(text);
    this.#bytes += bytes;
    ctx.res.once('close', () => (this.#bytes -= bytes));
    ctx.type = 'application/json';
    ctx.body = text;
  }
}
