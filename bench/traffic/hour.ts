export const HOUR_MS = 3_600_000;

/** The UTC hour that holds a moment, as the moment it starts. Milliseconds since the epoch. */
export function hourStart(timestampMs: number): number {
  return timestampMs - (timestampMs % HOUR_MS);
}

/** An hour for people, such as `2019-11-24T13`. */
export function hourName(hourMs: number): string {
  return new Date(hourMs).toISOString().slice(0, 13);
}
