import { LRUCache } from 'lru-cache';
import { deferred, type Deferred } from '../deferred.ts';
import type { HourMs } from '../events/hours.ts';
import { noCounts, versionOf, type HourlyCounts } from './hourly-counts.ts';

/** What the reader asks: `readCounters` and `readCounts` of `read-hourly.ts`. Hours without rows may be left out. */
export interface HourlyQueries {
  readonly counters: (hours: readonly HourMs[]) => Promise<HourlyCounts[]>;
  readonly counts: (hours: readonly HourMs[]) => Promise<HourlyCounts[]>;
}

interface Batch {
  readonly hours: Set<HourMs>;
  readonly counts: Deferred<ReadonlyMap<HourMs, HourlyCounts>>;
}

/**
 * Reads hours from the view. Two rules make it cheap without making it old:
 * - Questions that arrive while one is with ClickHouse wait for it and then go together, in one query. So a question
 *   is always answered from a query that began after it was asked.
 * - An hour whose row count is unchanged has unchanged users, so it is not merged again.
 *
 * States: `idle`, or `reading` with at most one batch with ClickHouse and at most one that collects.
 */
export class HourlyReader {
  readonly #queries: HourlyQueries;
  readonly #known: LRUCache<HourMs, HourlyCounts>;
  #collecting: Batch | undefined;
  #isReading = false;

  constructor(queries: HourlyQueries, maxHours: number) {
    this.#queries = queries;
    this.#known = new LRUCache({ max: maxHours });
  }

  /** The counts of each of the hours, in their order, zeros included. Rejects with what ClickHouse or the network says. */
  async read(hours: readonly HourMs[]): Promise<HourlyCounts[]> {
    this.#collecting ??= { hours: new Set(), counts: deferred() };
    const batch = this.#collecting;
    for (const hour of hours) batch.hours.add(hour);
    if (!this.#isReading) void this.#readBatches();
    const counts = await batch.counts.promise;
    return hours.map((hour) => counts.get(hour) ?? noCounts(hour));
  }

  async #readBatches(): Promise<void> {
    this.#isReading = true;
    // What else this turn of the event loop asks goes into the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#collecting; batch !== undefined; batch = this.#collecting) {
      this.#collecting = undefined;
      await this.#readBatch(batch).then(batch.counts.resolve, batch.counts.reject);
    }
    this.#isReading = false;
  }

  async #readBatch({ hours }: Batch): Promise<ReadonlyMap<HourMs, HourlyCounts>> {
    const known = [...hours].filter((hour) => this.#known.has(hour));
    const counters = new Map(
      (await askFor(known, this.#queries.counters)).map((counts) => [counts.hour, counts]),
    );
    const result = new Map<HourMs, HourlyCounts>();
    for (const hour of known) {
      const before = this.#known.get(hour);
      const version = versionOf(counters.get(hour) ?? noCounts(hour));
      if (before !== undefined && versionOf(before) === version) result.set(hour, before);
    }
    const changed = [...hours].filter((hour) => !result.has(hour));
    for (const counts of await askFor(changed, this.#queries.counts)) {
      this.#known.set(counts.hour, counts);
      result.set(counts.hour, counts);
    }
    return result;
  }
}

async function askFor(hours: readonly HourMs[], query: HourlyQueries['counts']): Promise<HourlyCounts[]> {
  return hours.length === 0 ? [] : await query(hours);
}
