import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { deferred, type Deferred } from '../../common/deferred.ts';
import { Shared } from '../../common/shared.ts';
import { hourOf, type HourMs } from '../../events/hours.ts';
import { noCounts, type HourlyCounts } from './hourly-counts.ts';
import type { EventCounts, HourlyQueries, MinuteMs } from './read-hourly.ts';

/** Whom a question waits for: those of its own lane alone. */
export type ReadingLane = 'current' | 'hour' | 'range';

export interface ReadOptions {
  /** `hour` unless it is given. */
  readonly lane?: ReadingLane;
  /** The hours are known to have grown, so that nobody has to ask first. */
  readonly haveGrown?: boolean;
  /** Of whoever asks: a query that nobody waits for any more is cancelled. */
  readonly signal?: AbortSignal;
}

interface Lane {
  collecting: Batch | undefined;
  isReading: boolean;
}

interface Batch {
  readonly hours: Set<HourMs>;
  /** Those that are known to have grown. */
  readonly grown: Set<HourMs>;
  /** Resolves when it may begin. */
  readonly turn: Deferred<void>;
  readonly counts: Shared<ReadonlyMap<HourMs, HourlyCounts>>;
}

/** What was counted of an hour, and at how many rows. */
interface Known {
  readonly rows: number;
  readonly counts: HourlyCounts;
}

interface Counted {
  readonly counts: HourlyCounts;
  readonly apart: number;
}

/** What was answered of an hour, by the reading that began last of those that were. */
interface Given {
  /** Readings are numbered as they begin. */
  readonly reading: number;
  readonly counts: HourlyCounts;
}

const NO_EVENTS: EventCounts = { rows: 0, clicks: 0, impressions: 0 };
const NO_USERS = { rows: 0, uniqueUsers: 0 };

const MINUTE_MS = 60_000;

/** Hours that are being added to, at any one time: the current one, the last, and late ones. */
const GROWING_HOURS = 8;

/** How often an hour is counted again when one table has rows that the other has not, and after how long. */
const TIMES_AGAIN = 3;
const AGAIN_MS = 20;

/**
 * Reads hours from the tables of counts. Three rules make it cheap without making it old:
 * - Questions that arrive while one of their lane is with ClickHouse wait for it and then go together, in one query. So a
 *   question is always answered from a query that began after it was asked, and never waits for a heavier kind.
 * - An hour that has as many rows as when it was counted is not counted again.
 * - Of an hour that grows, only the minutes that have more rows than before are counted again.
 *
 * An INSERT reaches the two tables one after the other, and a crash may come between. So what was counted is answered and
 * kept when both had as many rows: then it is what all of them say. Otherwise it is counted again a moment later, unless the
 * tables were as far apart before: then it is a crash that parts them, and not an INSERT.
 *
 * No answer about an hour is from a reading that began before that of an answer that was given, in whatever lane.
 *
 * States of a lane: `idle`, or `reading` with at most one batch with ClickHouse and at most one that collects.
 */
export class HourlyReader {
  readonly #queriesUntil: (signal: AbortSignal) => HourlyQueries;
  readonly #known: LRUCache<HourMs, Known>;
  readonly #minutes = new LRUCache<HourMs, ReadonlyMap<MinuteMs, EventCounts>>({ max: GROWING_HOURS });
  readonly #given: LRUCache<HourMs, Given>;
  /** How many rows more one table has than the other, of the hours of which that stays so. */
  readonly #apart: LRUCache<HourMs, number>;
  readonly #lanes: Readonly<Record<ReadingLane, Lane>> = { current: idle(), hour: idle(), range: idle() };
  #readings = 0;

  /** @param queriesUntil the queries for those who wait until the signal is aborted */
  constructor(queriesUntil: (signal: AbortSignal) => HourlyQueries, maxHours: number) {
    this.#queriesUntil = queriesUntil;
    this.#known = new LRUCache({ max: maxHours });
    this.#given = new LRUCache({ max: maxHours });
    this.#apart = new LRUCache({ max: maxHours });
  }

  /**
   * The counts of each of the hours, in their order, zeros included.
   * @throws what the queries throw, and the reason of the signal
   */
  async read(
    hours: readonly HourMs[],
    { lane: name = 'hour', haveGrown = false, signal }: ReadOptions = {},
  ): Promise<HourlyCounts[]> {
    const lane = this.#lanes[name];
    if (lane.collecting?.counts.isCancelled !== false) lane.collecting = this.#collect();
    const batch = lane.collecting;
    for (const hour of hours) {
      batch.hours.add(hour);
      if (haveGrown) batch.grown.add(hour);
    }
    if (!lane.isReading) void this.#readBatches(lane);
    const counts = await batch.counts.wait(signal);
    return hours.map((hour) => counts.get(hour) ?? noCounts(hour));
  }

  #collect(): Batch {
    const [hours, grown, turn] = [new Set<HourMs>(), new Set<HourMs>(), deferred<void>()];
    const counts = new Shared(async (signal) => {
      await turn.promise;
      signal.throwIfAborted();
      this.#readings += 1;
      const reading = this.#readings;
      return this.#latest(reading, await this.#readBatch({ hours, grown }, this.#queriesUntil(signal)));
    });
    return { hours, grown, turn, counts };
  }

  async #readBatches(lane: Lane): Promise<void> {
    lane.isReading = true;
    // What else this turn of the event loop asks goes into the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = lane.collecting; batch !== undefined; batch = lane.collecting) {
      lane.collecting = undefined;
      batch.turn.resolve();
      await batch.counts.result.catch(() => undefined);
    }
    lane.isReading = false;
  }

  /** Puts what a later reading has answered meanwhile in the place of what this one says. */
  #latest(reading: number, read: ReadonlyMap<HourMs, HourlyCounts>): ReadonlyMap<HourMs, HourlyCounts> {
    const latest = new Map<HourMs, HourlyCounts>();
    for (const [hour, counts] of read) {
      const given = this.#given.get(hour);
      if (given === undefined || given.reading < reading) this.#given.set(hour, { reading, counts });
      latest.set(hour, given !== undefined && given.reading > reading ? given.counts : counts);
    }
    return latest;
  }

  async #readBatch(
    batch: Pick<Batch, 'hours' | 'grown'>,
    queries: HourlyQueries,
  ): Promise<ReadonlyMap<HourMs, HourlyCounts>> {
    const hours = [...batch.hours];
    const result = new Map<HourMs, HourlyCounts>();
    const known = hours.filter((hour) => this.#known.has(hour) && !batch.grown.has(hour));
    const rows = await askFor(known, queries.hourRows);
    const grown = hours.filter((hour) => this.#minutes.has(hour) && batch.grown.has(hour));
    for (const hour of known) {
      const before = this.#known.get(hour);
      if (before?.rows === (rows.get(hour) ?? 0)) result.set(hour, before.counts);
      else grown.push(hour);
    }
    let left = hours.filter((hour) => !result.has(hour));
    for (let again = 0; left.length > 0; again += 1) {
      if (again > 0) await sleep(AGAIN_MS);
      const ofMinutes = again === 0 ? grown : left.filter((hour) => this.#minutes.has(hour));
      const counted = await this.#count(queries, left, ofMinutes);
      for (const { counts } of counted) result.set(counts.hour, counts);
      const torn = counted.filter(({ counts, apart }) => apart !== 0 && apart !== this.#apart.get(counts.hour));
      if (again === TIMES_AGAIN) for (const { counts, apart } of torn) this.#apart.set(counts.hour, apart);
      left = again === TIMES_AGAIN ? [] : torn.map(({ counts }) => counts.hour);
    }
    return result;
  }

  /**
   * @param grown those of the hours that have grown since they were counted
   * @returns with the counts of each, how many rows more one table had than the other
   */
  async #count(queries: HourlyQueries, hours: readonly HourMs[], grown: readonly HourMs[]): Promise<Counted[]> {
    const growing = new Set(grown.slice(0, GROWING_HOURS));
    const [users, events, ...byMinutes] = await Promise.all([
      askFor(hours, queries.users),
      askFor(
        hours.filter((hour) => !growing.has(hour)),
        queries.events,
      ),
      ...[...growing].map(async (hour) => [hour, await this.#countMinutes(queries, hour)] as const),
    ]);
    const grownEvents = new Map(byMinutes);
    return hours.map((hour) => {
      const { rows, uniqueUsers } = users.get(hour) ?? NO_USERS;
      const { rows: received, clicks, impressions } = grownEvents.get(hour) ?? events.get(hour) ?? NO_EVENTS;
      const counts = { hour, clicks, impressions, uniqueUsers };
      if (received === rows) this.#known.set(hour, { rows, counts });
      return { counts, apart: received - rows };
    });
  }

  async #countMinutes(queries: HourlyQueries, hour: HourMs): Promise<EventCounts> {
    const before = this.#minutes.get(hour) ?? new Map<MinuteMs, EventCounts>();
    const likely = likelyToGrow(hour, before);
    const [rows, counted] = await Promise.all([queries.minuteRows(hour), askFor(likely, queries.minuteEvents)]);
    const changed = [...rows]
      .filter(([minute, rows]) => before.get(minute)?.rows !== rows && !likely.includes(minute))
      .map(([minute]) => minute);
    const others = await askFor(changed, queries.minuteEvents);
    const same = [...before].filter(([minute]) => rows.has(minute));
    const minutes = new Map([...same, ...counted, ...others]);
    this.#minutes.set(hour, minutes);
    return [...minutes.values()].reduce(
      (sum, each) => ({
        rows: sum.rows + each.rows,
        clicks: sum.clicks + each.clicks,
        impressions: sum.impressions + each.impressions,
      }),
      NO_EVENTS,
    );
  }
}

function idle(): Lane {
  return { collecting: undefined, isReading: false };
}

/** What happens now is of the last minute that is known, or of the next. */
function likelyToGrow(hour: HourMs, known: ReadonlyMap<MinuteMs, EventCounts>): MinuteMs[] {
  if (known.size === 0) return [];
  const last = Math.max(...known.keys());
  return [last, last + MINUTE_MS].filter((minute) => hourOf(minute) === hour);
}

async function askFor<T>(
  times: readonly number[],
  query: (times: readonly number[]) => Promise<ReadonlyMap<number, T>>,
): Promise<ReadonlyMap<number, T>> {
  return times.length === 0 ? new Map<number, T>() : await query(times);
}
