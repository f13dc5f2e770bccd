import { LRUCache } from 'lru-cache';
import type { CacheLimits } from '../config.ts';
import { hourOf, type HourMs } from '../events/hours.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { noCounts, type HourlyCounts } from './hourly-counts.ts';
import type { HourlyReader } from './hourly-reader.ts';

export interface HourlyDependencies {
  readonly reader: Pick<HourlyReader, 'read'>;
  readonly cache: CacheLimits;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** Counts, and when they were read. */
export interface HourAnswer {
  readonly counts: HourlyCounts;
  /** By the clock of this server, in milliseconds since the epoch. */
  readonly readMs: number;
}

export interface HourOptions {
  /** Skips the cache. */
  readonly fresh: boolean;
  /** Whose events alone count; undefined for those of all. */
  readonly application?: string | undefined;
}

/** Every question about hours goes through here, and only this knows which of them a cache answers. */
export interface Hourly {
  /**
   * The counts of one hour: the current hour from the cache, a past one from the view. Those of the current hour are
   * the last that could be read, however old, for as long as it is the current hour.
   */
  hour(hour: HourMs, options: HourOptions): Promise<HourAnswer>;
  /** The counts of many hours, from the view. */
  hours(
    hours: readonly HourMs[],
    options?: Pick<HourOptions, 'application'>,
  ): Promise<readonly HourlyCounts[]>;
}

/** The last part of its life in which an answer is renewed while it is still served, so that nobody waits for it. */
const REFRESH_AHEAD = 0.25;

export function createHourly({ reader, cache: limits, log, nowMs }: HourlyDependencies): Hourly {
  const read = async (hour: HourMs): Promise<HourAnswer> => {
    const readMs = nowMs();
    const [counts = noCounts(hour)] = await reader.read([hour]);
    return { counts, readMs };
  };
  const cache = new LRUCache<HourMs, HourAnswer>({
    max: 2,
    ttl: Math.max(1, limits.ttlMs),
    fetchMethod: async (hour, last) => {
      try {
        return await read(hour);
      } catch (error) {
        if (last === undefined) throw error;
        log.warn(
          { reason: messageOf(error), hour },
          'the current hour could not be read; the last answer is served',
        );
        return last;
      }
    },
  });
  const cached = async (hour: HourMs) => {
    const leftMs = cache.getRemainingTTL(hour);
    if (leftMs > 0 && leftMs < limits.ttlMs * REFRESH_AHEAD) {
      // Merged with a question that is already under way, whose failure is told to those who wait for it.
      cache.fetch(hour, { forceRefresh: true }).catch(() => undefined);
    }
    return await cache.forceFetch(hour, { allowStale: leftMs > 0 });
  };
  return {
    hour: async (hour, { fresh, application }) => {
      expectWhole(application);
      if (!fresh && limits.ttlMs > 0 && hour === hourOf(nowMs())) return await cached(hour);
      return await read(hour);
    },
    hours: async (hours, { application } = {}) => {
      expectWhole(application);
      return await reader.read(hours);
    },
  };
}

/** The view does not tell applications apart, so a question about one must not be answered from it. */
function expectWhole(application: string | undefined): void {
  if (application !== undefined) throw new Error('the hours of one application cannot be read yet');
}
