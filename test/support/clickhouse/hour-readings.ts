import { HourCounter } from '../../../server/queries/hourly/hour-counter.ts';
import type { HourMs } from '../../../server/events/hours.ts';
import { HourlyReader, type ReadOptions } from '../../../server/queries/hourly/hourly-reader.ts';
import type { HourlyQueries } from '../../../server/queries/hourly/read-hourly.ts';
import { waiting } from '../waiting.ts';

/** A reader as servers have it, and its counts as somebody is told them who waits. */
export function readHours(queries: HourlyQueries, { pastTtlMs = 0, maxHours = 100, isOneOfWorkers = false } = {}) {
  const cache = { ttlMs: 2 * pastTtlMs, pastTtlMs, maxHours };
  const counter = new HourCounter(() => queries, maxHours);
  const reader = new HourlyReader({ counter, cache, isOneOfWorkers, nowMs: Date.now });
  const read = async (
    hours: readonly HourMs[],
    { lane = 'hour', fresh = false, ...waits }: Partial<Omit<ReadOptions, 'signal'>> = {},
  ) => (await reader.read(hours, { lane, fresh, ...waits, signal: waiting })).map(({ counts }) => counts);
  return { read, stored: (hour: HourMs) => reader.stored(hour) };
}
