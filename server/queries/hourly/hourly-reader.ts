import { deferred, type Deferred } from '../../common/deferred.ts';
import { AppError } from '../../common/errors.ts';
import { Shared } from '../../common/shared.ts';
import type { HourMs } from '../../events/hours.ts';
import { GivenHours } from './given-hours.ts';
import { HourCounter } from './hour-counter.ts';
import { noCounts, type HourlyCounts } from './hourly-counts.ts';
import type { HourlyQueries } from './read-hourly.ts';

/** Whom a question waits for: those of its own lane alone. */
export type ReadingLane = 'current' | 'hour' | 'range';

export interface ReadOptions {
  /** `hour` unless it is given. */
  readonly lane?: ReadingLane;
  /** The hours are known to have grown, so that nobody has to ask first. */
  readonly haveGrown?: boolean;
  /** How old an answer may be that was given before; 0, unless it is given, for one that is read after the call. */
  readonly maxAgeMs?: number;
  /** Of whoever asks: a query that nobody waits for any more is cancelled. */
  readonly signal?: AbortSignal;
}

interface Lane {
  collecting: Batch | undefined;
  isReading: boolean;
  /** Settles when what is asked alone has been answered. */
  alone: Promise<unknown>;
  /** When its last batch began. */
  begunMs: number;
}

interface Batch {
  readonly hours: Set<HourMs>;
  /** Those that are known to have grown. */
  readonly grown: Set<HourMs>;
  /** How many questions go together in it. */
  questions: number;
  /** Whether anybody waits for it. Otherwise it only renews what is given again. */
  isAwaited: boolean;
  /** Resolves when it may begin. */
  readonly turn: Deferred<void>;
  readonly counts: Shared<ReadonlyMap<HourMs, HourlyCounts>>;
}

/** What is given again is renewed at this age, by one batch of a lane in as long. */
const RENEW_MS = 100;

/**
 * Reads hours from the tables of counts. Two rules make it cheap without making it old:
 * - What was read a moment ago is given again to whoever takes that, and renewed meanwhile, so that they do not wait: ten times a
 *   second at most, however many they are and however many hours they ask about.
 * - Questions that arrive while one of their lane is with ClickHouse wait for it and then go together, in one query. So a
 *   question is always answered from a query that began after it was asked, and never waits for a heavier kind. Those that
 *   are too much together are asked again one by one, so that none is refused for another.
 *
 * No answer about an hour is from a reading that began before that of an answer that was given, in whatever lane.
 *
 * States of a lane: `idle`, or `reading` with at most one batch with ClickHouse and at most one that collects.
 */
export class HourlyReader {
  readonly #queriesUntil: (signal: AbortSignal) => HourlyQueries;
  readonly #counter: HourCounter;
  readonly #given: GivenHours;
  readonly #nowMs: () => number;
  readonly #lanes: Readonly<Record<ReadingLane, Lane>> = { current: idle(), hour: idle(), range: idle() };

  /**
   * @param queriesUntil the queries for those who wait until the signal is aborted
   * @param nowMs of a clock that is never set
   */
  constructor(
    queriesUntil: (signal: AbortSignal) => HourlyQueries,
    maxHours: number,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#queriesUntil = queriesUntil;
    this.#nowMs = nowMs;
    this.#counter = new HourCounter(maxHours);
    this.#given = new GivenHours(maxHours, nowMs);
  }

  /**
   * The counts of each of the hours, in their order, zeros included.
   * @throws what the queries throw, and the reason of the signal
   */
  async read(
    hours: readonly HourMs[],
    { lane: name = 'hour', haveGrown = false, maxAgeMs = 0, signal }: ReadOptions = {},
  ): Promise<HourlyCounts[]> {
    const lane = this.#lanes[name];
    const given = this.#given.again(hours, maxAgeMs);
    if (given !== undefined) {
      if (given.ageMs >= RENEW_MS) this.#renew(lane, hours);
      return given.counts;
    }
    const batch = this.#join(lane, hours);
    if (haveGrown) for (const hour of hours) batch.grown.add(hour);
    batch.isAwaited = true;
    this.#start(lane);
    const counts = await batch.counts.wait(signal).catch(async (error: unknown) => {
      const isTooMuch = error instanceof AppError && error.code === 'too_expensive';
      if (!isTooMuch || batch.questions === 1) throw error;
      return await this.#readAlone(lane, hours, signal);
    });
    return hours.map((hour) => counts.get(hour) ?? noCounts(hour));
  }

  /** This server has just stored events: no answer that was given before is given again. */
  stored(): void {
    this.#given.stored();
  }

  /** For those who ask next: nobody who goes away ends it. */
  #renew(lane: Lane, hours: readonly HourMs[]): void {
    const { counts } = this.#join(lane, hours);
    counts.wait().catch(() => undefined);
    this.#start(lane);
  }

  #join(lane: Lane, hours: readonly HourMs[]): Batch {
    if (lane.collecting?.counts.isCancelled !== false) lane.collecting = this.#collect();
    for (const hour of hours) lane.collecting.hours.add(hour);
    lane.collecting.questions += 1;
    return lane.collecting;
  }

  #collect(): Batch {
    const [hours, grown, turn] = [new Set<HourMs>(), new Set<HourMs>(), deferred<void>()];
    const counts = new Shared(async (signal) => {
      await turn.promise;
      return await this.#count([...hours], grown, signal);
    });
    return { hours, grown, questions: 0, isAwaited: false, turn, counts };
  }

  /** One after the other. */
  async #readAlone(lane: Lane, hours: readonly HourMs[], asker: AbortSignal | undefined) {
    const turn = lane.alone;
    const counts = new Shared(async (signal) => {
      await turn;
      return await this.#count(hours, new Set(), signal);
    });
    lane.alone = counts.result.catch(() => undefined);
    return await counts.wait(asker);
  }

  async #count(hours: readonly HourMs[], haveGrown: ReadonlySet<HourMs>, signal: AbortSignal) {
    signal.throwIfAborted();
    const reading = this.#given.begin();
    const counts = await this.#counter.count(this.#queriesUntil(signal), hours, haveGrown);
    return this.#given.latest(reading, counts);
  }

  #start(lane: Lane): void {
    if (!lane.isReading && this.#due(lane) !== undefined) void this.#readBatches(lane);
  }

  /** What is to be read now. */
  #due({ collecting, begunMs }: Lane): Batch | undefined {
    return collecting?.isAwaited === true || this.#nowMs() - begunMs >= RENEW_MS ? collecting : undefined;
  }

  async #readBatches(lane: Lane): Promise<void> {
    lane.isReading = true;
    // What else this turn of the event loop asks goes into the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#due(lane); batch !== undefined; batch = this.#due(lane)) {
      lane.collecting = undefined;
      lane.begunMs = this.#nowMs();
      batch.turn.resolve();
      await batch.counts.result.catch(() => undefined);
    }
    lane.isReading = false;
  }
}

function idle(): Lane {
  return { collecting: undefined, isReading: false, alone: Promise.resolve(), begunMs: -Infinity };
}
