import { LRUCache } from 'lru-cache';
import type { HourMs } from '../../events/hours.ts';
import { messageOf } from '../../common/errors.ts';
import { joinable, Shared } from '../../common/shared.ts';
import type { Logger } from '../../common/log.ts';
import type { HourAnswer } from './hourly-counts.ts';

export interface CurrentHourDependencies {
  /** @param haveGrown whether the hour is known to have more rows than when it was read before */
  readonly read: (
    hour: HourMs,
    application: string | undefined,
    signal: AbortSignal,
    haveGrown: boolean,
  ) => Promise<HourAnswer>;
  /** How long an answer may be given again. */
  readonly ttlMs: number;
  readonly log: Logger;
}

/** What is known of the hour for one application, and the reading that will replace it. */
interface Cached {
  readonly hour: HourMs;
  answer: HourAnswer | undefined;
  /** When the reading of the answer began, by a clock that is never set. */
  atMs: number;
  /** Which reading the answer is from; they are numbered as they begin. */
  answered: number;
  reading: Shared<HourAnswer> | undefined;
}

/** Applications that are asked about by themselves, and all of them together. */
const MAX_SCOPES = 100;

/** The last part of its life in which an answer is renewed while it is still served, so that nobody waits for it. */
const REFRESH_AHEAD = 0.25;

/**
 * The brief cache of the current hour. An answer is given again for `ttlMs`, and renewed at once when this server has
 * stored events; it is the last that could be read, however old, while ClickHouse does not answer.
 *
 * Invariant: no answer is from a reading that began before that of an answer that was given.
 */
export class CurrentHour {
  readonly #deps: CurrentHourDependencies;
  readonly #cache = new LRUCache<string, Cached>({ max: MAX_SCOPES });
  #begun = 0;

  constructor(dependencies: CurrentHourDependencies) {
    this.#deps = dependencies;
  }

  /** @param hour the current one */
  async ask(hour: HourMs, application: string | undefined, signal: AbortSignal): Promise<HourAnswer> {
    const cached = this.#cachedOf(hour, application);
    const { answer, atMs } = cached;
    const leftMs = atMs + this.#deps.ttlMs - performance.now();
    if (answer === undefined || leftMs <= 0)
      return await this.#orLast(cached, joinable(cached.reading) ?? this.#renew(cached, application), signal);
    if (leftMs < this.#deps.ttlMs * REFRESH_AHEAD && joinable(cached.reading) === undefined)
      this.#renewForAll(cached, application);
    return answer;
  }

  /** The same from a reading that begins now, which those who ask later get, too. */
  async askAnew(hour: HourMs, application: string | undefined, signal: AbortSignal): Promise<HourAnswer> {
    return await this.#renew(this.#cachedOf(hour, application), application).wait(signal);
  }

  /** This server has just stored events. */
  stored(): void {
    for (const [key, cached] of this.#cache.entries()) {
      const isWanted = cached.answer !== undefined && performance.now() - cached.atMs < this.#deps.ttlMs;
      if (isWanted) this.#renewForAll(cached, applicationOf(key), true);
      // Nobody may be told by a reading that began before.
      else cached.reading = undefined;
    }
  }

  #cachedOf(hour: HourMs, application: string | undefined): Cached {
    const key = scopeKey(application);
    const known = this.#cache.get(key);
    if (known?.hour === hour) return known;
    const cached: Cached = { hour, answer: undefined, atMs: 0, answered: 0, reading: undefined };
    this.#cache.set(key, cached);
    return cached;
  }

  /** Of several readings, the answer of the one that began last stays. */
  #renew(cached: Cached, application: string | undefined, haveGrown = false): Shared<HourAnswer> {
    const number = (this.#begun += 1);
    const atMs = performance.now();
    const reading = new Shared(async (signal) => {
      const answer = await this.#deps.read(cached.hour, application, signal, haveGrown);
      if (number > cached.answered) Object.assign(cached, { answer, atMs, answered: number });
      return cached.answer ?? answer;
    });
    cached.reading = reading;
    const over = () => {
      if (cached.reading === reading) cached.reading = undefined;
    };
    reading.result.then(over, over);
    return reading;
  }

  /** For those who ask next: nobody who goes away ends it. */
  #renewForAll(cached: Cached, application: string | undefined, haveGrown = false): void {
    this.#renew(cached, application, haveGrown)
      .wait()
      .catch(() => undefined);
  }

  async #orLast(cached: Cached, reading: Shared<HourAnswer>, signal: AbortSignal): Promise<HourAnswer> {
    try {
      return await reading.wait(signal);
    } catch (error) {
      if (cached.answer === undefined || signal.aborted) throw error;
      const facts = { reason: messageOf(error), hour: cached.hour };
      this.#deps.log.warn(facts, 'the current hour could not be read; the last answer is served');
      return cached.answer;
    }
  }
}

/** The same for the same application. */
export function scopeKey(application: string | undefined): string {
  return JSON.stringify([application ?? null]);
}

function applicationOf(key: string): string | undefined {
  const [application] = JSON.parse(key) as readonly [string | null];
  return application ?? undefined;
}
