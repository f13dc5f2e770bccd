import { LRUCache } from 'lru-cache';
import type { CacheLimits } from '../../config/config.ts';
import { hourOf, type HourMs } from '../../events/hours.ts';
import type { Logger } from '../../common/log.ts';
import { CurrentHour, scopeKey } from './current-hour.ts';
import { noCounts, type HourAnswer, type HourlyCounts } from './hourly-counts.ts';
import type { HourlyReader, ReadOptions } from './hourly-reader.ts';

type HourReader = Pick<HourlyReader, 'read' | 'stored'>;

export interface HourlyDependencies {
  /** @param application whose events alone are read; undefined for those of all */
  readonly readerOf: (application: string | undefined) => HourReader;
  readonly cache: CacheLimits;
  readonly log: Logger;
  readonly nowMs: () => number;
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
   * The counts of one hour: the current hour from the cache, a past one from the tables, or as they said a moment ago. Those of
   * the current hour are the last that could be read, however old, for as long as it is the current hour. None is older than
   * one given before.
   * @param signal of whoever asks; what nobody waits for any more is cancelled
   */
  hour(hour: HourMs, options: HourOptions, signal: AbortSignal): Promise<HourAnswer>;
  /** The counts of many hours, each from where `hour` has it. */
  hours(hours: readonly HourMs[], options: HourOptions, signal: AbortSignal): Promise<readonly HourlyCounts[]>;
  /** This server has just stored events: what the cache holds is renewed, so that they are in the next answers. */
  stored(): void;
}

/** Of all applications together, and of so many that are asked about by themselves. */
const MAX_READERS = 100;

export function createHourly({ readerOf, cache, log, nowMs }: HourlyDependencies): Hourly {
  const { ttlMs, pastTtlMs } = cache;
  const readers = new LRUCache<string, HourReader>({ max: MAX_READERS });
  const readerFor = (application: string | undefined) => {
    const key = scopeKey(application);
    const reader = readers.get(key) ?? readerOf(application);
    readers.set(key, reader);
    return reader;
  };
  const read = async (hour: HourMs, application: string | undefined, options: ReadOptions) => {
    const readMs = nowMs();
    const [counts = noCounts(hour)] = await readerFor(application).read([hour], options);
    return { counts, readMs };
  };
  const current = new CurrentHour({
    read: async (hour, application, signal, haveGrown) =>
      read(hour, application, { lane: 'current', haveGrown, signal }),
    ttlMs,
    log,
  });
  const maxAgeOf = ({ fresh }: HourOptions) => (fresh ? 0 : Math.min(ttlMs, pastTtlMs));
  const isCached = (hour: HourMs) => ttlMs > 0 && hour === hourOf(nowMs());
  const currentHour = async (hour: HourMs, { fresh, application }: HourOptions, signal: AbortSignal) =>
    fresh ? await current.askAnew(hour, application, signal) : await current.ask(hour, application, signal);
  return {
    hour: async (hour, options, signal) =>
      isCached(hour)
        ? await currentHour(hour, options, signal)
        : await read(hour, options.application, { lane: 'hour', maxAgeMs: maxAgeOf(options), signal }),
    hours: async (hours, options, signal) => {
      const cached = hours.filter(isCached);
      const others = hours.filter((hour) => !cached.includes(hour));
      const [ofNow, read] = await Promise.all([
        Promise.all(cached.map(async (hour) => (await currentHour(hour, options, signal)).counts)),
        others.length === 0
          ? []
          : readerFor(options.application).read(others, { lane: 'range', maxAgeMs: maxAgeOf(options), signal }),
      ]);
      return [...read, ...ofNow].sort((a, b) => a.hour - b.hour);
    },
    stored: () => {
      for (const reader of readers.values()) reader.stored();
      current.stored();
    },
  };
}
