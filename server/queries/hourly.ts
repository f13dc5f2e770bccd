import { LRUCache } from 'lru-cache';
import type { CacheLimits } from '../config.ts';
import { hourOf, type HourMs } from '../events/hours.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { noCounts, type HourlyCounts } from './hourly-counts.ts';
import type { HourlyReader } from './hourly-reader.ts';

export interface HourlyDependencies {
  /** @param application whose events alone are read; undefined for those of all */
  readonly readerOf: (application: string | undefined) => Pick<HourlyReader, 'read'>;
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
   * The counts of one hour: the current hour from the cache, a past one from the tables. Those of the current hour are
   * the last that could be read, however old, for as long as it is the current hour. None is older than one given before.
   */
  hour(hour: HourMs, options: HourOptions): Promise<HourAnswer>;
  /** The counts of many hours, from the tables. */
  hours(
    hours: readonly HourMs[],
    options?: Pick<HourOptions, 'application'>,
  ): Promise<readonly HourlyCounts[]>;
  /** This server has just stored events: what the cache holds is renewed, so that they are in the next answers. */
  stored(): void;
}

/** Of all applications together, and of so many that are asked about by themselves. */
const MAX_SCOPES = 100;

/** The last part of its life in which an answer is renewed while it is still served, so that nobody waits for it. */
const REFRESH_AHEAD = 0.25;

/** What is known of the current hour, and the reading that will replace it. */
interface Cached {
  readonly hour: HourMs;
  answer: HourAnswer | undefined;
  /** When the reading of the answer began, by a clock that is never set. */
  atMs: number;
  /** Which reading the answer is from; they are numbered as they begin. */
  answered: number;
  reading: Promise<HourAnswer> | undefined;
}

export function createHourly({ readerOf, cache: limits, log, nowMs }: HourlyDependencies): Hourly {
  const readers = new LRUCache<string, Pick<HourlyReader, 'read'>>({ max: MAX_SCOPES });
  const cache = new LRUCache<string, Cached>({ max: MAX_SCOPES });
  let begun = 0;

  const readerFor = (application: string | undefined) => {
    const key = scopeKey(application);
    const reader = readers.get(key) ?? readerOf(application);
    readers.set(key, reader);
    return reader;
  };
  const cachedOf = (hour: HourMs, application: string | undefined): Cached => {
    const key = scopeKey(application);
    const known = cache.get(key);
    if (known?.hour === hour) return known;
    const cached: Cached = { hour, answer: undefined, atMs: 0, answered: 0, reading: undefined };
    cache.set(key, cached);
    return cached;
  };
  const read = async (hour: HourMs, application: string | undefined): Promise<HourAnswer> => {
    const readMs = nowMs();
    const [counts = noCounts(hour)] = await readerFor(application).read([hour]);
    return { counts, readMs };
  };
  /** Of several readings, the answer of the one that began last stays. */
  const renew = async (cached: Cached, application: string | undefined): Promise<HourAnswer> => {
    const number = (begun += 1);
    const atMs = performance.now();
    const reading = read(cached.hour, application).then((answer) => {
      if (number > cached.answered) Object.assign(cached, { answer, atMs, answered: number });
      return cached.answer ?? answer;
    });
    cached.reading = reading;
    return await reading.finally(() => {
      if (cached.reading === reading) cached.reading = undefined;
    });
  };
  const orLast = async (cached: Cached, reading: Promise<HourAnswer>): Promise<HourAnswer> => {
    try {
      return await reading;
    } catch (error) {
      if (cached.answer === undefined) throw error;
      const facts = { reason: messageOf(error), hour: cached.hour };
      log.warn(facts, 'the current hour could not be read; the last answer is served');
      return cached.answer;
    }
  };
  const current = async (cached: Cached, application: string | undefined): Promise<HourAnswer> => {
    const { answer, atMs } = cached;
    const leftMs = atMs + limits.ttlMs - performance.now();
    if (answer === undefined || leftMs <= 0)
      return await orLast(cached, cached.reading ?? renew(cached, application));
    if (leftMs < limits.ttlMs * REFRESH_AHEAD && cached.reading === undefined)
      renew(cached, application).catch(() => undefined);
    return answer;
  };
  return {
    hour: async (hour, { fresh, application }) => {
      if (limits.ttlMs === 0 || hour !== hourOf(nowMs())) return await read(hour, application);
      const cached = cachedOf(hour, application);
      return fresh ? await renew(cached, application) : await current(cached, application);
    },
    hours: async (hours, { application } = {}) => readerFor(application).read(hours),
    stored: () => {
      for (const [key, cached] of cache.entries()) {
        const isWanted = cached.answer !== undefined && performance.now() - cached.atMs < limits.ttlMs;
        if (isWanted) renew(cached, applicationOf(key)).catch(() => undefined);
        // Nobody may be told by a reading that began before.
        else Object.assign(cached, { reading: undefined });
      }
    },
  };
}

function scopeKey(application: string | undefined): string {
  return JSON.stringify([application ?? null]);
}

function applicationOf(key: string): string | undefined {
  const [application] = JSON.parse(key) as readonly [string | null];
  return application ?? undefined;
}
