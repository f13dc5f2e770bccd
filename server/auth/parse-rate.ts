import type { Rate } from './token-bucket.ts';

const FIELDS: readonly string[] = ['events_per_second', 'burst'];
const MAX = 1_000_000_000;

/**
 * Reads `{"events_per_second": 1000, "burst": 2000}`; without `burst`, it is one second's worth.
 * @throws Error that says what was expected
 */
export function parseRate(value: unknown): Rate {
  const expected = 'expected {"events_per_second": N, "burst": N}';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(expected);
  const { events_per_second: eventsPerSecond, burst = Math.max(1, Number(eventsPerSecond)) } = value as Record<
    string,
    unknown
  >;
  if (!Object.keys(value).every((field) => FIELDS.includes(field))) throw new Error(`${expected} and no other fields`);
  if (!isWithin(eventsPerSecond, 0.001)) throw new Error(`${expected}, events_per_second from 0.001 to ${MAX}`);
  if (!isWithin(burst, 1)) throw new Error(`${expected}, burst from 1 to ${MAX}`);
  return { eventsPerSecond, burst };
}

function isWithin(value: unknown, min: number): value is number {
  return typeof value === 'number' && value >= min && value <= MAX;
}
