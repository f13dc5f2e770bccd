import { randomUUID } from 'node:crypto';
import type { FromPrimary, Replies, ToPrimary } from './messages.ts';

/** What this worker can be called for, by name; what they give must survive JSON. */
export type Procedures = Readonly<Record<string, () => Promise<unknown>>>;

/** Longer than the primary waits for the replies. */
const REPLIES_WITHIN_MS = 4_000;

const NO_REPLIES: Replies = { replies: [], called: 0 };

/**
 * All workers of this service, as one of them sees them: it replies to what others call, and calls all, itself included.
 * Whoever calls what is being called already gets those replies, so there is at most one call of each name under way.
 */
export class WorkerRpc {
  readonly #procedures: Procedures;
  readonly #underWay = new Map<string, Promise<Replies>>();
  /** By id, how to hand over the replies. */
  readonly #waiting = new Map<string, (replies: Replies) => void>();

  constructor(procedures: Procedures) {
    this.#procedures = procedures;
    process.on('message', (message: FromPrimary) => this.#receive(message));
  }

  /** Never rejects; there are no replies when the primary does not react in time. */
  async callAll(name: string): Promise<Replies> {
    const running = this.#underWay.get(name) ?? this.#callNow(name).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, running);
    return await running;
  }

  async #callNow(name: string): Promise<Replies> {
    const id = randomUUID();
    return await new Promise((resolve) => {
      const settle = (replies: Replies) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(replies);
      };
      const timer = setTimeout(() => settle(NO_REPLIES), REPLIES_WITHIN_MS);
      this.#waiting.set(id, settle);
      tellPrimary({ clickhour: 'call', id, name });
    });
  }

  #receive(message: FromPrimary): void {
    if (message.clickhour === 'replies') this.#waiting.get(message.id)?.(message);
    if (message.clickhour !== 'request') return;
    const { id, name } = message;
    // A procedure that fails gives no reply: it is missed, as that of a worker that ended is.
    this.#procedures[name]?.().then(
      (reply) => tellPrimary({ clickhour: 'reply', id, reply }),
      () => undefined,
    );
  }
}

export function tellPrimary(message: ToPrimary): void {
  // With a callback, a primary that ended meanwhile is no uncaught error.
  process.send?.(message, undefined, undefined, () => undefined);
}
