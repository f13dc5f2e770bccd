import { LRUCache } from 'lru-cache';
import { joinable, Shared } from '../common/shared.ts';

/** What is known of one question. */
interface Entry<T> {
  /** Under way or given, for whoever asks before `untilMs`; undefined when it may not be given again. */
  reusable: Shared<T> | undefined;
  untilMs: number;
  /** Under way. */
  running: Shared<T> | undefined;
  /** Begins when the one under way has ended, for all who ask meanwhile and may not have that. */
  next: Shared<T> | undefined;
}

/** How old an answer may be. */
export interface Freshness {
  /** Skips the cache. */
  readonly fresh: boolean;
}

export interface BriefAnswersOptions<Q, T> {
  /** Since an answer began: it may lack whatever was stored after that, by other servers too. */
  readonly ttlMs: number;
  readonly maxQuestions: number;
  /** @param signal is aborted when nobody waits for the answer any more */
  readonly answer: (question: Q, signal: AbortSignal) => Promise<T>;
  /** Monotonic. */
  readonly nowMs?: () => number;
}

/**
 * Answers to expensive questions, each reused for a moment. Of one question at most one is under way, whoever asks: those
 * who want a fresh one, or come too late for this one, share the one that begins next. One that nobody waits for any more
 * is cancelled.
 *
 * Answers about hours are kept elsewhere (`hourly/`), because many hours are one query, and one hour is part of many answers.
 */
export class BriefAnswers<Q, T> {
  readonly #options: BriefAnswersOptions<Q, T>;
  readonly #entries: LRUCache<string, Entry<T>>;
  readonly #nowMs: () => number;

  constructor(options: BriefAnswersOptions<Q, T>) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#entries = new LRUCache({ max: options.maxQuestions });
  }

  /**
   * @param fresh only an answer that begins after this call will do
   * @param signal of whoever asks
   */
  async ask(question: Q, fresh: boolean, signal: AbortSignal): Promise<T> {
    const key = JSON.stringify(question);
    const entry = this.#entries.get(key) ?? { reusable: undefined, untilMs: 0, running: undefined, next: undefined };
    this.#entries.set(key, entry);
    return await this.#join(entry, question, fresh).wait(signal);
  }

  /** No answer that has begun is given to whoever asks from now on. */
  forget(): void {
    for (const entry of this.#entries.values()) entry.reusable = undefined;
  }

  #join(entry: Entry<T>, question: Q, fresh: boolean): Shared<T> {
    const reusable = fresh || this.#nowMs() >= entry.untilMs ? undefined : joinable(entry.reusable);
    if (reusable !== undefined) return reusable;
    const running = joinable(entry.running);
    if (running === undefined) return this.#begin(entry, question);
    const next = joinable(entry.next) ?? this.#beginAfter(running, entry, question);
    entry.next = next;
    return next;
  }

  #beginAfter(running: Shared<T>, entry: Entry<T>, question: Q): Shared<T> {
    return new Shared(async (signal) => {
      await running.result.catch(() => undefined);
      signal.throwIfAborted();
      entry.next = undefined;
      return await this.#begin(entry, question).wait(signal);
    });
  }

  #begin(entry: Entry<T>, question: Q): Shared<T> {
    const { answer, ttlMs } = this.#options;
    entry.untilMs = this.#nowMs() + ttlMs;
    const begun = new Shared(async (signal) => answer(question, signal));
    entry.running = begun;
    entry.reusable = ttlMs === 0 ? undefined : begun;
    const expire = () => {
      if (entry.reusable === begun) entry.reusable = undefined;
    };
    const over = () => {
      if (entry.running === begun) entry.running = undefined;
    };
    // Nobody may have it by then; this only gives the memory back.
    setTimeout(expire, ttlMs).unref();
    begun.result.finally(over).catch(expire);
    return begun;
  }
}
