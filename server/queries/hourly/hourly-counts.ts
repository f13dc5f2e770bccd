import type { HourMs } from '../../events/hours.ts';

/** What is known of one UTC hour: exact. */
export interface HourlyCounts {
  readonly hour: HourMs;
  readonly clicks: number;
  readonly impressions: number;
  readonly uniqueUsers: number;
}

/** Counts, and when they were read. */
export interface HourAnswer {
  readonly counts: HourlyCounts;
  /** By the clock of this server, in milliseconds since the epoch. */
  readonly readMs: number;
}

export function noCounts(hour: HourMs): HourlyCounts {
  return { hour, clicks: 0, impressions: 0, uniqueUsers: 0 };
}
