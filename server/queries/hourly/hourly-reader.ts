import { setTimeout as sleep } from 'node:timers/promises';
import { deferred, type Deferred } from '../../common/deferred.ts';
import { AppError } from '../../common/errors.ts';
import { joinable, Shared } from '../../common/shared.ts';
import type { CacheLimits } from '../../config/config.ts';
import type { HourMs } from '../../events/hours.ts';
import type { HourCounter } from './hour-counter.ts';
import { KeptHours, type HourAnswer } from './kept-hours.ts';

/** Whom a question waits for: those of its own lane alone. */
export type ReadingLane = 'current' | 'hour' | 'range';

export interface ReadOptions {
  readonly lane: ReadingLane;
  /** Only what is read after the call will do. */
  readonly fresh: boolean;
  /** What comes first, where nothing young is kept, though not for longer than `MAX_WAIT_MS`. */
  readonly after?: Promise<void> | undefined;
  /** How long it may take where nothing that is kept will do. */
  readonly withinMs?: number | undefined;
  /** Of whoever asks: a query that nobody waits for any more is cancelled. */
  readonly signal: AbortSignal;
}

export interface HourlyReaderDependencies {
  readonly counter: Pick<HourCounter, 'count'>;
  readonly cache: CacheLimits;
  /** Others answer beside this one, each from what it has read itself. */
  readonly isOneOfWorkers: boolean;
  /** The clock that answers name. */
  readonly nowMs: () => number;
}

interface Lane {
  /** How long its answers are given again. */
  readonly ttlMs: number;
  /** How old they are when they are renewed, by one group in as long. */
  readonly renewMs: number;
  collecting: ReadGroup | undefined;
  /** With ClickHouse, since this server has last stored events. */
  underWay: ReadGroup | undefined;
  isReading: boolean;
  /** What is asked alone, by its hours, one after the other. */
  readonly alone: Map<string, Shared<ReadonlyMap<HourMs, HourAnswer>>>;
  /** When its last group began. */
  begunMs: number;
}

interface ReadGroup {
  readonly hours: Set<HourMs>;
  /** Those that are known to have grown. */
  readonly grown: Set<HourMs>;
  /** Whether it begins as soon as it may. Otherwise it only renews what is given again. */
  isDue: boolean;
  /** Resolves when it may begin. */
  readonly turn: Deferred<void>;
  readonly answers: Shared<ReadonlyMap<HourMs, HourAnswer>>;
}

/** At what age the answer about a past hour is renewed, and at what part of its life that about the current one. */
const RENEW_MS = 100;
const RENEW_CURRENT = 0.75;

/** Of questions that are too much together, so many are asked alone, each of which may take seconds. */
const MAX_ALONE = 10;
const ALONE_RETRY_S = 10;
const TOO_MANY = 'More hours are being counted than ClickHouse can count in time';

/** How long an event that was accepted just now is waited for. */
const MAX_WAIT_MS = 250;

/**
 * Reads hours from the tables of counts. Two rules make it cheap without making it old:
 * - What was read a moment ago is given again to whoever takes that, and renewed meanwhile, so that they do not wait: ten times a
 *   second at most, however many they are and however many hours they ask about.
 * - Questions that arrive while one of their lane is with ClickHouse wait for it and then go together, in one query. So a
 *   question is always answered from a query that began after it was asked, and never waits for a heavier kind. Those that
 *   are too much together are asked again one by one, so that none is refused for another.
 *
 * When this server has stored events, no past hour is answered as it was before. The current one is read again at once, and
 * answered as before until that is done, unless another worker may have read it already; whoever takes what is kept takes
 * what is being read of it, too.
 *
 * Invariant: no answer about an hour is from a reading that began before that of an answer that was given, in whatever lane.
 *
 * States of a lane: `idle`, or `reading` with at most one group with ClickHouse and at most one that collects.
 */
export class HourlyReader {
  readonly #counter: Pick<HourCounter, 'count'>;
  readonly #kept: KeptHours;
  readonly #isOneOfWorkers: boolean;
  readonly #lanes: Readonly<Record<ReadingLane, Lane>>;

  constructor({ counter, cache: { ttlMs, pastTtlMs, maxHours }, isOneOfWorkers, nowMs }: HourlyReaderDependencies) {
    const pastMs = Math.min(ttlMs, pastTtlMs);
    this.#counter = counter;
    this.#kept = new KeptHours(maxHours, nowMs);
    this.#isOneOfWorkers = isOneOfWorkers;
    this.#lanes = {
      current: idle(ttlMs, ttlMs * RENEW_CURRENT),
      hour: idle(pastMs, RENEW_MS),
      range: idle(pastMs, RENEW_MS),
    };
  }

  /**
   * The answer about each of the hours, in their order, zeros included.
   * @throws what the counter throws, AppError `unavailable` when it takes too long, and the reason of the signal
   */
  async read(
    hours: readonly HourMs[],
    { lane: name, fresh, after, withinMs, signal }: ReadOptions,
  ): Promise<HourAnswer[]> {
    const lane = this.#lanes[name];
    const isCurrent = name === 'current';
    const kept = fresh ? undefined : this.#kept.again(hours, lane.ttlMs);
    if (kept !== undefined && (!kept.isOutdated || (isCurrent && !this.#isOneOfWorkers))) {
      if (kept.ageMs >= lane.renewMs) renewal(this.#join(lane, hours, false));
      return kept.answers;
    }
    if (after !== undefined && kept === undefined)
      await Promise.race([after, sleep(MAX_WAIT_MS, undefined, { ref: false })]);
    const group = (isCurrent && !fresh ? underWay(lane, hours) : undefined) ?? this.#join(lane, hours, true);
    const answers = await within(withinMs, group.answers.wait(signal)).catch(async (error: unknown) => {
      const isTooMuch = error instanceof AppError && error.code === 'too_expensive';
      // Alone it would be no less.
      if (!isTooMuch || group.hours.size <= new Set(hours).size) throw error;
      return await this.#readAlone(lane, hours, signal);
    });
    return hours.flatMap((hour) => answers.get(hour) ?? []);
  }

  /** The last answer about the hour, however old. */
  last(hour: HourMs): HourAnswer | undefined {
    return this.#kept.last(hour);
  }

  /** This server has just stored events. */
  stored(currentHour: HourMs): void {
    const lane = this.#lanes.current;
    this.#kept.stored();
    lane.underWay = undefined;
    if (this.#kept.again([currentHour], lane.ttlMs) === undefined) return;
    const group = this.#join(lane, [currentHour], true);
    group.grown.add(currentHour);
    renewal(group);
  }

  #join(lane: Lane, hours: readonly HourMs[], isDue: boolean): ReadGroup {
    if (lane.collecting?.answers.isCancelled !== false) lane.collecting = this.#collect();
    const group = lane.collecting;
    for (const hour of hours) group.hours.add(hour);
    group.isDue ||= isDue;
    if (!lane.isReading && due(lane) !== undefined) void this.#readGroups(lane);
    return group;
  }

  #collect(): ReadGroup {
    const [hours, grown, turn] = [new Set<HourMs>(), new Set<HourMs>(), deferred<void>()];
    const answers = new Shared(async (signal) => {
      await turn.promise;
      return await this.#count([...hours], grown, signal);
    });
    return { hours, grown, isDue: false, turn, answers };
  }

  async #readAlone({ alone }: Lane, hours: readonly HourMs[], asker: AbortSignal) {
    const key = hours.join();
    const known = joinable(alone.get(key));
    if (known !== undefined) return await known.wait(asker);
    if (alone.size >= MAX_ALONE) throw new AppError('overloaded', TOO_MANY, { retryAfterS: ALONE_RETRY_S });
    const before = [...alone.values()].at(-1)?.result.catch(() => undefined);
    const answers = new Shared(async (signal) => {
      await before;
      return await this.#count(hours, new Set(), signal);
    });
    alone.delete(key);
    alone.set(key, answers);
    void answers.result.catch(() => undefined).then(() => alone.get(key) === answers && alone.delete(key));
    return await answers.wait(asker);
  }

  async #count(hours: readonly HourMs[], haveGrown: ReadonlySet<HourMs>, signal: AbortSignal) {
    signal.throwIfAborted();
    const reading = this.#kept.begin();
    return this.#kept.keep(reading, await this.#counter.count(hours, haveGrown, signal));
  }

  async #readGroups(lane: Lane): Promise<void> {
    lane.isReading = true;
    // What else this turn of the event loop asks goes into the first group.
    await new Promise((resolve) => setImmediate(resolve));
    for (let group = due(lane); group !== undefined; group = due(lane)) {
      lane.collecting = undefined;
      lane.underWay = group;
      lane.begunMs = performance.now();
      group.turn.resolve();
      await group.answers.result.catch(() => undefined);
    }
    lane.underWay = undefined;
    lane.isReading = false;
  }
}

function idle(ttlMs: number, renewMs: number): Lane {
  const nothing = { collecting: undefined, underWay: undefined, isReading: false };
  return { ttlMs, renewMs, ...nothing, alone: new Map(), begunMs: -Infinity };
}

/** What is to be read now. */
function due({ collecting, begunMs, renewMs }: Lane): ReadGroup | undefined {
  return collecting?.isDue === true || performance.now() - begunMs >= renewMs ? collecting : undefined;
}

/** What is being read of the hours. */
function underWay({ underWay: group }: Lane, hours: readonly HourMs[]): ReadGroup | undefined {
  return joinable(group?.answers) !== undefined && hours.every((hour) => group?.hours.has(hour)) ? group : undefined;
}

/** @throws AppError `unavailable` after so many milliseconds, and what the work throws */
async function within<T>(ms: number | undefined, work: Promise<T>): Promise<T> {
  if (ms === undefined) return await work;
  const late = new AbortController();
  const tooLate = sleep(ms, undefined, { ref: false, signal: late.signal }).then(() => {
    throw new AppError('unavailable', `ClickHouse did not answer within ${ms / 1000} s`, { retryAfterS: 1 });
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    late.abort();
  }
}

/** For those who ask next: nobody who goes away ends it. */
function renewal({ answers }: ReadGroup): void {
  answers.wait().catch(() => undefined);
}
