import { LRUCache } from 'lru-cache';
import type { HourMs } from '../../events/hours.ts';
import type { HourlyCounts } from './hourly-counts.ts';

/** When something was read. A later one saw everything that an earlier one saw. */
export interface Reading {
  /** Readings are numbered as they begin. */
  readonly number: number;
  readonly atMs: number;
}

/** What was answered of hours, each by the reading that began last of those that were. */
export class GivenHours {
  readonly #given: LRUCache<HourMs, { readonly reading: Reading; readonly counts: HourlyCounts }>;
  readonly #nowMs: () => number;
  #begun = 0;
  /** The last reading that began before this server stored events. */
  #outdated = 0;

  /** @param nowMs of a clock that is never set */
  constructor(maxHours: number, nowMs: () => number) {
    this.#given = new LRUCache({ max: maxHours });
    this.#nowMs = nowMs;
  }

  /** A reading that begins now. */
  begin(): Reading {
    this.#begun += 1;
    return { number: this.#begun, atMs: this.#nowMs() };
  }

  /** Puts what a later reading has answered meanwhile in the place of what this one says. */
  latest(reading: Reading, read: ReadonlyMap<HourMs, HourlyCounts>): ReadonlyMap<HourMs, HourlyCounts> {
    const latest = new Map<HourMs, HourlyCounts>();
    for (const [hour, counts] of read) {
      const given = this.#given.get(hour);
      const isOlder = given !== undefined && given.reading.number > reading.number;
      if (!isOlder) this.#given.set(hour, { reading, counts });
      latest.set(hour, isOlder ? given.counts : counts);
    }
    return latest;
  }

  /**
   * What may be given again of these hours.
   * @returns undefined when one of them was not read so lately, or not since this server has stored events
   */
  again(
    hours: readonly HourMs[],
    withinMs: number,
  ): { readonly counts: HourlyCounts[]; readonly ageMs: number } | undefined {
    const nowMs = this.#nowMs();
    const counts: HourlyCounts[] = [];
    let ageMs = 0;
    for (const hour of hours) {
      const given = this.#given.get(hour);
      if (given === undefined || given.reading.number <= this.#outdated) return undefined;
      ageMs = Math.max(ageMs, nowMs - given.reading.atMs);
      if (ageMs >= withinMs) return undefined;
      counts.push(given.counts);
    }
    return { counts, ageMs };
  }

  /** This server has just stored events: nothing that was read before is given again. */
  stored(): void {
    this.#outdated = this.#begun;
  }
}
