import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS } from '../../common/units.ts';
import { LRUCache } from 'lru-cache';
import { hourOf, type HourMs } from '../../events/hours.ts';
import { sumOfVersions } from '../counted/grown-hours.ts';
import type { EventCounts, HourlyQueries, MinuteMs, UserCounts } from './read-hourly.ts';

/** What is known of one UTC hour: exact. */
export interface HourlyCounts {
  readonly hour: HourMs;
  readonly clicks: number;
  readonly impressions: number;
  readonly uniqueUsers: number;
}

/** What was counted of an hour last, and in which version of its rows; undefined when the two tables had different ones. */
interface Known {
  readonly version: bigint | undefined;
  readonly counts: HourlyCounts;
}

interface Counted {
  readonly counts: HourlyCounts;
  readonly apart: bigint;
}

const NO_EVENTS: EventCounts = { version: 0n, clicks: 0, impressions: 0 };
const NO_USERS: UserCounts = { version: 0n, uniqueUsers: 0 };

/** Hours that are being added to, at any one time: the current one, the last, and late ones. */
const GROWING_HOURS = 8;

/** How often an hour is counted again when one table has rows that the other has not, and after how long. */
const TIMES_AGAIN = 3;
const AGAIN_MS = 20;

/**
 * Counts hours from the tables of counts, and remembers what it has counted:
 * - An hour that has the version that was counted is not counted again.
 * - Of an hour that grows, only the minutes that have changed are counted again.
 *
 * An INSERT reaches the two tables one after the other, and a crash may come between. So what was counted is answered and
 * kept when both had one version: then it is what all of them say. Otherwise it is counted again a moment later, unless the
 * tables were as far apart before: then it is a crash that parts them, and not an INSERT. The hour is counted each time then,
 * because its version in one table does not say what the other has.
 */
export class HourCounter {
  readonly #queriesUntil: (signal: AbortSignal) => HourlyQueries;
  readonly #known: LRUCache<HourMs, Known>;
  readonly #minutes = new LRUCache<HourMs, ReadonlyMap<MinuteMs, EventCounts>>({ max: GROWING_HOURS });
  /** By how much the version in one table differs from that in the other, of the hours of which that stays so. */
  readonly #apart: LRUCache<HourMs, bigint>;

  /** @param queriesUntil the queries for those who wait until the signal is aborted */
  constructor(queriesUntil: (signal: AbortSignal) => HourlyQueries, maxHours: number) {
    this.#queriesUntil = queriesUntil;
    this.#known = new LRUCache({ max: maxHours });
    this.#apart = new LRUCache({ max: maxHours });
  }

  /**
   * The counts of each of the hours, zeros included.
   * @param haveGrown those of them that are known to have, so that nobody has to ask first
   * @param signal of those who wait
   * @throws what the queries throw
   */
  async count(
    hours: readonly HourMs[],
    haveGrown: ReadonlySet<HourMs>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<HourMs, HourlyCounts>> {
    const queries = this.#queriesUntil(signal);
    const result = new Map<HourMs, HourlyCounts>();
    const known = hours.filter((hour) => this.#known.get(hour)?.version !== undefined && !haveGrown.has(hour));
    const versions = await askFor(known, queries.hourVersions);
    for (const hour of known) {
      const before = this.#known.get(hour);
      if (before?.version === (versions.get(hour) ?? 0n)) result.set(hour, before.counts);
    }
    let left = hours.filter((hour) => !result.has(hour));
    for (let again = 0; left.length > 0; again += 1) {
      if (again > 0) await sleep(AGAIN_MS);
      const counted = await this.#count(queries, left);
      for (const { counts, apart } of counted) {
        result.set(counts.hour, counts);
        if (apart === 0n) this.#apart.delete(counts.hour);
      }
      const torn = counted.filter(({ counts, apart }) => apart !== 0n && apart !== this.#apart.get(counts.hour));
      if (again === TIMES_AGAIN) for (const { counts, apart } of torn) this.#apart.set(counts.hour, apart);
      left = again === TIMES_AGAIN ? [] : torn.map(({ counts }) => counts.hour);
    }
    return result;
  }

  /** @returns with the counts of each, how far the versions of the two tables were apart */
  async #count(queries: HourlyQueries, hours: readonly HourMs[]): Promise<Counted[]> {
    // What was counted before, and is again, has grown.
    const growing = new Set(hours.filter((hour) => this.#known.has(hour)).slice(0, GROWING_HOURS));
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
      const { version, uniqueUsers } = users.get(hour) ?? NO_USERS;
      const { version: ofMinutes, clicks, impressions } = grownEvents.get(hour) ?? events.get(hour) ?? NO_EVENTS;
      const counts = { hour, clicks, impressions, uniqueUsers };
      this.#known.set(hour, { version: ofMinutes === version ? version : undefined, counts });
      return { counts, apart: BigInt.asUintN(64, ofMinutes - version) };
    });
  }

  async #countMinutes(queries: HourlyQueries, hour: HourMs): Promise<EventCounts> {
    const before = this.#minutes.get(hour) ?? new Map<MinuteMs, EventCounts>();
    const likely = likelyToGrow(hour, before);
    const [versions, counted] = await Promise.all([queries.minuteVersions(hour), askFor(likely, queries.minuteEvents)]);
    const changed = [...versions]
      .filter(([minute, version]) => before.get(minute)?.version !== version && !likely.includes(minute))
      .map(([minute]) => minute);
    const others = await askFor(changed, queries.minuteEvents);
    const same = [...before].filter(([minute]) => versions.has(minute));
    const minutes = new Map([...same, ...counted, ...others]);
    this.#minutes.set(hour, minutes);
    return [...minutes.values()].reduce(
      (sum, each) => ({
        version: sumOfVersions([sum.version, each.version]),
        clicks: sum.clicks + each.clicks,
        impressions: sum.impressions + each.impressions,
      }),
      NO_EVENTS,
    );
  }
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

export function noCounts(hour: HourMs): HourlyCounts {
  return { hour, clicks: 0, impressions: 0, uniqueUsers: 0 };
}
