import { LRUCache } from 'lru-cache';
import type { HourMs } from '../../events/hours.ts';
import type { HourlyCounts } from './hour-counter.ts';

/** When something was read. A later one saw everything that an earlier one saw. */
export interface Reading {
  /** Readings are numbered as they begin. */
  readonly number: number;
  /** By the clock of this server, in milliseconds since the epoch. */
  readonly readMs: number;
  /** The same by a clock that is never set. */
  readonly atMs: number;
}

/** Counts, and when they were read. */
export interface HourAnswer extends Pick<Reading, 'readMs'> {
  readonly counts: HourlyCounts;
}

interface Kept extends HourAnswer {
  readonly reading: Reading;
}

/** The brief LRU: what was answered of hours, each by the reading that began last of those that were. */
export class KeptHours {
  readonly #kept: LRUCache<HourMs, Kept>;
  readonly #nowMs: () => number;
  #begun = 0;
  /** The last reading that began before this server stored events. */
  #outdated = 0;

  constructor(maxHours: number, nowMs: () => number) {
    this.#kept = new LRUCache({ max: maxHours });
    this.#nowMs = nowMs;
  }

  /** A reading that begins now. */
  begin(): Reading {
    this.#begun += 1;
    return { number: this.#begun, readMs: this.#nowMs(), atMs: performance.now() };
  }

  /** Keeps what a reading says, or, in its place, what a later one has said meanwhile. */
  keep(reading: Reading, read: ReadonlyMap<HourMs, HourlyCounts>): ReadonlyMap<HourMs, HourAnswer> {
    const latest = new Map<HourMs, HourAnswer>();
    for (const [hour, counts] of read) {
      const kept = this.#kept.get(hour);
      const isOlder = kept !== undefined && kept.reading.number > reading.number;
      const answer = isOlder ? kept : { counts, readMs: reading.readMs, reading };
      if (!isOlder) this.#kept.set(hour, answer);
      latest.set(hour, answer);
    }
    return latest;
  }

  /**
   * What may be given again of these hours.
   * @param ttlMs how old it may be
   * @returns undefined when one of them may not; `isOutdated`: one of them is of before this server stored events
   */
  again(hours: readonly HourMs[], ttlMs: number) {
    const nowMs = performance.now();
    const answers: HourAnswer[] = [];
    let ageMs = 0;
    let isOutdated = false;
    for (const hour of hours) {
      const kept = this.#kept.get(hour);
      if (kept === undefined) return undefined;
      isOutdated ||= kept.reading.number <= this.#outdated;
      ageMs = Math.max(ageMs, nowMs - kept.reading.atMs);
      if (ageMs >= ttlMs) return undefined;
      answers.push(kept);
    }
    return { answers, ageMs, isOutdated };
  }

  /** The last answer about the hour, however old. */
  last(hour: HourMs): HourAnswer | undefined {
    return this.#kept.get(hour);
  }

  /** This server has just stored events. */
  stored(): void {
    this.#outdated = this.#begun;
  }
}
