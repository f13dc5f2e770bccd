import { LRUCache } from 'lru-cache';

/** What is known of one question. */
interface Entry<T> {
  /** Under way, or given less than `ttlMs` ago; undefined when it may not be given again. */
  reusable: Promise<T> | undefined;
  /** Under way. */
  running: Promise<T> | undefined;
  /** Begins when the one under way has ended, for all who ask meanwhile and may not have that. */
  next: Promise<T> | undefined;
}

export interface BriefAnswersOptions<Q, T> {
  readonly ttlMs: number;
  readonly maxQuestions: number;
  readonly keyOf: (question: Q) => string;
  readonly answer: (question: Q) => Promise<T>;
}

/**
 * Answers to expensive questions, each reused for a moment. Of one question at most one is under way, whoever asks: those
 * who want a fresh one share the one that begins next.
 */
export class BriefAnswers<Q, T> {
  readonly #options: BriefAnswersOptions<Q, T>;
  readonly #entries: LRUCache<string, Entry<T>>;

  constructor(options: BriefAnswersOptions<Q, T>) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.maxQuestions });
  }

  /** @param fresh only an answer that begins after this call will do */
  async ask(question: Q, fresh: boolean): Promise<T> {
    const key = this.#options.keyOf(question);
    const entry = this.#entries.get(key) ?? { reusable: undefined, running: undefined, next: undefined };
    this.#entries.set(key, entry);
    if (!fresh && entry.reusable !== undefined) return await entry.reusable;
    if (entry.running === undefined) return await this.#begin(entry, question);
    entry.next ??= entry.running
      .catch(() => undefined)
      .then(async () => {
        entry.next = undefined;
        return await this.#begin(entry, question);
      });
    return await entry.next;
  }

  /** No answer that has begun is given to whoever asks from now on. */
  forget(): void {
    for (const entry of this.#entries.values()) entry.reusable = undefined;
  }

  async #begin(entry: Entry<T>, question: Q): Promise<T> {
    const { answer, ttlMs } = this.#options;
    const begun = answer(question).finally(() => (entry.running = undefined));
    entry.running = begun;
    entry.reusable = ttlMs === 0 ? undefined : begun;
    const expire = () => {
      if (entry.reusable === begun) entry.reusable = undefined;
    };
    begun.then(() => setTimeout(expire, ttlMs).unref(), expire);
    return await begun;
  }
}
