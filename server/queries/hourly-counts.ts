import type { HourMs } from '../events/hours.ts';

/** What is known of one UTC hour: exact. */
export interface HourlyCounts {
  readonly hour: HourMs;
  readonly clicks: number;
  readonly impressions: number;
  readonly uniqueUsers: number;
}

export function noCounts(hour: HourMs): HourlyCounts {
  return { hour, clicks: 0, impressions: 0, uniqueUsers: 0 };
}

/** How many rows the hour has. It only ever grows, so it is the version of everything else that is known of the hour. */
export function versionOf({ clicks, impressions }: Pick<HourlyCounts, 'clicks' | 'impressions'>): number {
  return clicks + impressions;
}
