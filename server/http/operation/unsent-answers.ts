import { AppError } from '../../common/errors.ts';
import { MIB } from '../../common/units.ts';
import type { RequestContext } from './context.ts';
import { goneSignal } from './gone.ts';

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
   * @throws AppError `overloaded` when there is none, and what `read` throws
   */
  async answer(ctx: RequestContext, read: () => Promise<string>): Promise<void> {
    this.#expectRoom();
    const text = await read();
    // Others have been read meanwhile.
    this.#expectRoom();
    this.#hold(ctx, Buffer.byteLength(text));
    ctx.type = 'application/json';
    ctx.body = text;
  }

  #expectRoom(): void {
    if (this.#bytes < this.#maxBytes) return;
    const message = `${this.#bytes} bytes of answers wait for their readers, at most ${this.#maxBytes} may`;
    throw new AppError('overloaded', message, { retryAfterS: RETRY_AFTER_S });
  }

  /** Until its connection has taken it, or is gone: an answer that waits behind others is never closed itself. */
  #hold({ req, res }: RequestContext, bytes: number): void {
    const gone = goneSignal(req.socket);
    if (gone.aborted) return;
    this.#bytes += bytes;
    const free = () => {
      this.#bytes -= bytes;
      res.off('close', free);
      gone.removeEventListener('abort', free);
    };
    res.once('close', free);
    gone.addEventListener('abort', free);
  }
}
