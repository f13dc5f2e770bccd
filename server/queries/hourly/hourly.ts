import { LRUCache } from 'lru-cache';
import { messageOf } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { hourOf, type HourMs } from '../../events/hours.ts';
import { noCounts, type HourCounter, type HourlyCounts } from './hour-counter.ts';
import { HourlyReader, type HourlyReaderDependencies } from './hourly-reader.ts';
import type { HourAnswer } from './kept-hours.ts';

export interface HourlyDependencies extends Omit<HourlyReaderDependencies, 'counter'> {
  /** @param application whose events alone are counted; undefined for those of all */
  readonly counterOf: (application: string | undefined) => Pick<HourCounter, 'count'>;
  readonly log: Logger;
}

export interface HourOptions {
  /** Skips the cache. */
  readonly fresh: boolean;
  /** Whose events alone count; undefined for those of all. */
  readonly application?: string | undefined;
}

/** Every question of `/analytics` goes through here. */
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
  /** This server is storing the newest events: who asks about the current hour for the first time waits for them, briefly. */
  storing(sent: Promise<void>): void;
  /** This server has just stored events: what the cache holds is renewed, so that they are in the next answers. */
  stored(): void;
}

const BEHIND = 'the current hour could not be read; the last answer is served until it can';

/** How long a question that has a recent last answer, or one that none could better, waits for a better one. */
const MAX_READ_MS = 2_000;
const RECENT_MS = 10_000;

/** Of applications that are asked about by themselves, and of all of them together. */
const MAX_READERS = 100;
const ALL = Symbol('all applications');

export function createHourly({ counterOf, log, ...dependencies }: HourlyDependencies): Hourly {
  const { cache, nowMs } = dependencies;
  const readers = new LRUCache<string | symbol, HourlyReader>({ max: MAX_READERS });
  let after: Promise<void> | undefined;
  /** The last reading of the current hour failed, or is late: said once. */
  let isBehind = false;
  const readerOf = (application: string | undefined) => {
    const known = readers.get(application ?? ALL);
    if (known !== undefined) return known;
    const reader = new HourlyReader({ counter: counterOf(application), ...dependencies });
    readers.set(application ?? ALL, reader);
    return reader;
  };
  /** Without a time to live it is an hour like others. */
  const currentHour = () => (cache.ttlMs > 0 ? hourOf(nowMs()) : undefined);
  const hour: Hourly['hour'] = async (hour, { fresh, application }, signal) => {
    const reader = readerOf(application);
    const isCurrent = hour === currentHour();
    const last = isCurrent && !fresh ? reader.last(hour) : undefined;
    const lane = isCurrent ? 'current' : 'hour';
    const isLastRecent = last !== undefined && nowMs() - last.readMs < RECENT_MS;
    const withinMs = last !== undefined && (isBehind || isLastRecent) ? MAX_READ_MS : undefined;
    try {
      const answers = await reader.read([hour], {
        lane,
        after: isCurrent ? after : undefined,
        withinMs,
        fresh,
        signal,
      });
      if (last !== undefined) isBehind = false;
      return answers[0] ?? { counts: noCounts(hour), readMs: nowMs() };
    } catch (error) {
      if (last === undefined || signal.aborted) throw error;
      if (!isBehind) log.warn({ reason: messageOf(error), hour }, BEHIND);
      isBehind = true;
      return reader.last(hour) ?? last;
    }
  };
  return {
    hour,
    hours: async (hours, options, signal) => {
      const current = currentHour();
      const others = hours.filter((hour) => hour !== current);
      const { fresh, application } = options;
      const [read, ofNow] = await Promise.all([
        others.length === 0 ? [] : readerOf(application).read(others, { lane: 'range', fresh, signal }),
        current !== undefined && hours.includes(current) ? hour(current, options, signal) : undefined,
      ]);
      const counts = read.map(({ counts }) => counts);
      if (ofNow !== undefined) counts.push(ofNow.counts);
      return counts.sort((a, b) => a.hour - b.hour);
    },
    storing: (sent) => {
      after = sent;
    },
    stored: () => {
      for (const reader of readers.values()) reader.stored(hourOf(nowMs()));
    },
  };
}
