import { hourStart } from './hour.ts';
import type { AnalyticsEvent } from './traffic.ts';

/** What the service reports for one hour. */
export interface HourCounts {
  readonly uniqueUsers: number;
  readonly clicks: number;
  readonly impressions: number;
}

/** Both ends included. They differ only by events of which nobody knows whether they were stored. */
export interface Range {
  readonly atLeast: number;
  readonly atMost: number;
}

export type ExpectedCounts = { readonly [Counter in keyof HourCounts]: Range };

export interface HourTally {
  readonly hourMs: number;
  readonly expected: ExpectedCounts;
  readonly reported: HourCounts;
  /** Whether every reported number is within what is expected. */
  readonly holds: boolean;
}

export const NOTHING: HourCounts = { uniqueUsers: 0, clicks: 0, impressions: 0 };

interface Sums {
  readonly users: Set<string>;
  clicks: number;
  impressions: number;
}

/** What was sent, by hour: the events that were acknowledged, and those whose outcome is unknown. */
export class Ledger {
  readonly #acknowledged = new Map<number, Sums>();
  readonly #unknown = new Map<number, Sums>();

  /** The service promised to keep it. */
  acknowledge(event: AnalyticsEvent): void {
    add(this.#acknowledged, event);
  }

  /** It was sent, and the connection ended without an answer: it may have been stored, once. */
  doubt(event: AnalyticsEvent): void {
    add(this.#unknown, event);
  }

  /**
   * What every touched hour must report, in order.
   * @param baseline what the hours held before; none of those users may be among the users sent
   */
  expected(baseline: ReadonlyMap<number, HourCounts>): Map<number, ExpectedCounts> {
    const hours = [...new Set([...this.#acknowledged.keys(), ...this.#unknown.keys()])].sort((a, b) => a - b);
    return new Map(hours.map((hourMs) => [hourMs, this.#expectedHour(hourMs, baseline.get(hourMs) ?? NOTHING)]));
  }

  #expectedHour(hourMs: number, before: HourCounts): ExpectedCounts {
    const sure = this.#acknowledged.get(hourMs) ?? empty();
    const unsure = this.#unknown.get(hourMs) ?? empty();
    const newUsers = [...unsure.users].filter((user) => !sure.users.has(user)).length;
    return {
      uniqueUsers: range(before.uniqueUsers + sure.users.size, newUsers),
      clicks: range(before.clicks + sure.clicks, unsure.clicks),
      impressions: range(before.impressions + sure.impressions, unsure.impressions),
    };
  }
}

/** Compares hour by hour. An hour that is not reported counts as zeros. */
export function compare(
  expected: ReadonlyMap<number, ExpectedCounts>,
  reported: ReadonlyMap<number, HourCounts>,
): HourTally[] {
  return [...expected].map(([hourMs, bounds]) => {
    const counts = reported.get(hourMs) ?? NOTHING;
    const holds =
      within(bounds.uniqueUsers, counts.uniqueUsers) &&
      within(bounds.clicks, counts.clicks) &&
      within(bounds.impressions, counts.impressions);
    return { hourMs, expected: bounds, reported: counts, holds };
  });
}

function within({ atLeast, atMost }: Range, value: number): boolean {
  return value >= atLeast && value <= atMost;
}

function range(atLeast: number, unsure: number): Range {
  return { atLeast, atMost: atLeast + unsure };
}

function empty(): Sums {
  return { users: new Set(), clicks: 0, impressions: 0 };
}

function add(byHour: Map<number, Sums>, { timestampMs, user, kind }: AnalyticsEvent): void {
  const hourMs = hourStart(timestampMs);
  const sums = byHour.get(hourMs) ?? empty();
  byHour.set(hourMs, sums);
  sums.users.add(user);
  if (kind === 'click') sums.clicks += 1;
  else sums.impressions += 1;
}
