export const HOUR_MS = 3_600_000;

/** The start of the UTC hour that holds a time, both in milliseconds. */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

/** The counts of one hour, as `GET /analytics` gives them. */
export interface HourCounts {
  /** When the hour begins, ISO 8601. */
  readonly hour: string;
  readonly unique_users: number;
  readonly clicks: number;
  readonly impressions: number;
}

/** The answer of `GET /analytics/hours`. */
export interface HoursAnswer {
  readonly hours: readonly HourCounts[];
}

/** The hours with the counts of one of them replaced by later ones, so that two places never show two figures. */
export function withLatest(hours: readonly HourCounts[], latest: HourCounts | undefined): readonly HourCounts[] {
  return hours.map((counts) => (counts.hour === latest?.hour ? latest : counts));
}
