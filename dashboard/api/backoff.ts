const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

export interface BackoffOptions {
  /** What the service asked for, if it did; it is honoured up to the longest wait. */
  readonly atLeastMs?: number | undefined;
  readonly random: () => number;
}

/**
 * How long to wait before the next try, in milliseconds: twice as long after each failure, up to half a minute, and
 * spread over half of that, so that the pages that a restart cut off do not come back all at once.
 * @param failures in a row, from 1
 */
export function backoffMs(failures: number, { atLeastMs = 0, random }: BackoffOptions): number {
  const fullMs = Math.min(LONGEST_MS, Math.max(FIRST_MS * 2 ** (failures - 1), atLeastMs));
  return Math.max(Math.min(atLeastMs, LONGEST_MS), fullMs * (0.5 + random() / 2));
}
