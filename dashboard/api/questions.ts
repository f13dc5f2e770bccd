import type { Unit } from '../text/zoned.ts';
import type { Stretch } from '../state/range.ts';
import { withQuery } from '../text/query.ts';

/** What is counted. */
export type Measure = 'events' | 'users' | 'sessions';

/** The answer of `GET /events/series`. */
export interface SeriesAnswer {
  /** When each interval begins, ISO 8601. */
  readonly times: readonly string[];
  readonly series: readonly OneSeries[];
}

/** As many series as the service gives at once. */
export const MOST_SERIES = 20;

export interface OneSeries {
  /** Undefined and null where it is of everything. */
  readonly key: string | null;
  /** Over the whole range: of users the distinct ones. */
  readonly total: number;
  readonly values: readonly number[];
}

/** The answer of `GET /events/names`. */
export interface NamesAnswer {
  readonly names: readonly KnownName[];
}

export interface KnownName {
  readonly category: string;
  readonly name: string;
  readonly events: number;
  /** ISO 8601 */
  readonly first: string;
  readonly last: string;
}

/** The answer of `GET /events/funnel`. */
export interface FunnelAnswer {
  readonly steps: readonly { readonly step: string; readonly count: number }[];
}

/** The answer of `GET /events/retention`. */
export interface RetentionAnswer {
  readonly cohorts: readonly Cohort[];
}

export interface Cohort {
  /** ISO 8601 */
  readonly start: string;
  readonly size: number;
  readonly returned: readonly number[];
}

/** The time of a question as its parameters. */
export function stretchParameters({ fromMs, toMs }: Stretch): { readonly from: string; readonly to?: string } {
  const to = toMs === undefined ? {} : { to: new Date(toMs).toISOString() };
  return { from: new Date(fromMs).toISOString(), ...to };
}

/** A count over time. */
export interface SeriesQuestion extends Stretch {
  readonly measure: Measure;
  readonly interval: Unit;
  readonly timezone: string;
  readonly category?: string;
  readonly name?: string;
  readonly by?: string;
  readonly limit?: string;
  readonly where?: readonly string[];
}

/** The same, of a range that is chosen elsewhere. */
export type SeriesOfRange = Omit<SeriesQuestion, keyof Stretch>;

export function seriesPath({ fromMs, toMs, ...rest }: SeriesQuestion): string {
  return withQuery('/events/series', { ...rest, ...stretchParameters({ fromMs, toMs }) });
}
