import { AppError } from '../../common/errors.ts';
import { KIB, MIB } from '../../common/units.ts';
import type { RequestContext } from './context.ts';
import { goneSignal } from './gone.ts';

/** An answer may have 64 MiB, and a reader may take it as slowly as it likes. */
const MAX_BYTES = 256 * MIB;
/** Smaller answers are not held against anybody: the number of connections bounds them. */
const MIN_BYTES = 16 * KIB;
const RETRY_AFTER_S = 5;

/** The memory of large answers that their readers have not taken yet. */
export class UnsentAnswers {
  readonly #maxBytes: number;
  readonly #minBytes: number;
  #bytes = 0;

  constructor(maxBytes = MAX_BYTES, minBytes = MIN_BYTES) {
    this.#maxBytes = maxBytes;
    this.#minBytes = minBytes;
  }

  /**
   * Has a request answered, with JSON or text; streams pass.
   * @param handle is not called when there is no room for another answer
   * @throws AppError `overloaded` when there is none, and what `handle` throws
   */
  async answer(ctx: RequestContext, handle: () => unknown): Promise<void> {
    this.#expectRoom();
    await handle();
    const text = textOf(ctx.body);
    if (text === undefined) return;
    const bytes = Buffer.byteLength(text);
    if (bytes >= this.#minBytes) {
      // Others have been read meanwhile.
      this.#expectRoom();
      this.#hold(ctx, bytes);
    }
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

/** What is not text yet is made text here, once. */
function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body;
  const isJson =
    typeof body === 'object' &&
    body !== null &&
    [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(body) as object);
  return isJson ? JSON.stringify(body) : undefined;
}
