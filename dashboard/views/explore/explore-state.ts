import { exploreTo } from '../../state/links.ts';
import type { RangeState, ReadRange } from '../../state/range.ts';
import type { Measure, SeriesOfRange } from '../../api/questions.ts';
import { withoutData } from '../../text/data-path.ts';
import { listOf, textsOf } from '../../text/query.ts';

/** Everything that the view shows, as in its link; what is empty is as usual. */
export interface ExploreState extends RangeState {
  readonly category: string;
  readonly name: string;
  /** `events`, `users` or `sessions`. */
  readonly measure: string;
  /** Empty for the one that fits the range. */
  readonly interval: string;
  readonly by: string;
  readonly limit: string;
  readonly where: readonly string[];
  /** `before` to compare with the period before. */
  readonly compare: string;
  /** `line`, `bars` or `table`. */
  readonly as: string;
}

const TEXTS = [
  'category',
  'name',
  'measure',
  'interval',
  'by',
  'limit',
  'compare',
  'as',
  'range',
  'from',
  'to',
] as const;

export function stateOf(query: URLSearchParams): ExploreState {
  return { ...textsOf(query, TEXTS), where: listOf(query, 'where') };
}

export function exploreLink(state: ExploreState): string {
  return exploreTo({ ...state });
}

export const USUAL_RANGE = '31d';

/** The question of a state, as the service is asked. */
export function questionOf(state: ExploreState, { bounds }: ReadRange, zone: string): SeriesOfRange {
  const { category, name, measure, interval, by, limit, where } = state;
  return {
    measure: (measure || 'events') as Measure,
    interval: (interval || bounds.interval) as SeriesOfRange['interval'],
    timezone: zone,
    category,
    name,
    by,
    limit: by === '' ? '' : limit,
    where,
  };
}

/** What is counted, as a heading: `Unique users of checkout by plan`. */
export function titleOf({ measure, name, category, by }: ExploreState): string {
  const what = { users: 'Unique users', sessions: 'Sessions' }[measure] ?? 'Events';
  const event = name === '' ? (category === '' ? '' : ` in ${category}`) : ` · ${name}`;
  return `${what}${event}${by === '' ? '' : ` by ${withoutData(by)}`}`;
}
