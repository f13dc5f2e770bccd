import { LRUCache } from 'lru-cache';
import type { CacheLimits } from '../../config/config.ts';
import { hourOf, type HourMs } from '../../events/hours.ts';
import type { Logger } from '../../common/log.ts';
import { CurrentHour, scopeKey } from './current-hour.ts';
import { noCounts, type HourAnswer, type HourlyCounts } from './hourly-counts.ts';
import type { HourlyReader, ReadingLane } from './hourly-reader.ts';

export interface HourlyDependencies {
  /** @param application whose events alone are read; undefined for those of all */
  readonly readerOf: (application: string | undefined) => Pick<HourlyReader, 'read'>;
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
   * The counts of one hour: the current hour from the cache, a past one from the tables. Those of the current hour are
   * the last that could be read, however old, for as long as it is the current hour. None is older than one given before.
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
  const { ttlMs } = cache;
  const readers = new LRUCache<string, Pick<HourlyReader, 'read'>>({ max: MAX_READERS });
  const readerFor = (application: string | undefined) => {
    const key = scopeKey(application);
    const reader = readers.get(key) ?? readerOf(application);
    readers.set(key, reader);
    return reader;
  };
  const readIn =
    (lane: ReadingLane) =>
    async (hour: HourMs, application: string | undefined, signal: AbortSignal, haveGrown = false) => {
      const readMs = nowMs();
      const [counts = noCounts(hour)] = await readerFor(application).read([hour], { lane, haveGrown, signal });
      return { counts, readMs };
    };
  const current = new CurrentHour({ read: readIn('current'), ttlMs, log });
  const readPast = readIn('hour');
  const isCached = (hour: HourMs) => ttlMs > 0 && hour === hourOf(nowMs());
  const currentHour = async (hour: HourMs, { fresh, application }: HourOptions, signal: AbortSignal) =>
    fresh ? await current.askAnew(hour, application, signal) : await current.ask(hour, application, signal);
  return {
    hour: async (hour, options, signal) =>
      isCached(hour) ? await currentHour(hour, options, signal) : await readPast(hour, options.application, signal),
    hours: async (hours, options, signal) => {
      const cached = hours.filter(isCached);
      const others = hours.filter((hour) => !cached.includes(hour));
      const [ofNow, read] = await Promise.all([
        Promise.all(cached.map(async (hour) => (await currentHour(hour, options, signal)).counts)),
        others.length === 0 ? [] : readerFor(options.application).read(others, { lane: 'range', signal }),
      ]);
      return [...read, ...ofNow].sort((a, b) => a.hour - b.hour);
    },
    stored: () => current.stored(),
  };
}
