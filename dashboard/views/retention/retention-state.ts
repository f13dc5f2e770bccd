import { stretchParameters } from '../../api/questions.ts';
import { linkTo } from '../../state/location.ts';
import type { Bounds, RangeState } from '../../state/range.ts';
import { textsOf, withQuery } from '../../text/query.ts';

/** Everything that the view shows, as in its link. */
export interface RetentionState extends RangeState {
  /** `category::name`, or a name. */
  readonly first: string;
  /** The same event unless given. */
  readonly return: string;
  /** `day`, `week` or `month`; a week unless given. */
  readonly interval: string;
  /** `user` unless given, or `session_id`. */
  readonly by: string;
}

export const USUAL_RANGE = '90d';
const PERIODS = { day: '14', week: '13', month: '12' } as const;
const NAMES = ['first', 'return', 'interval', 'by', 'range', 'from', 'to'] as const;

export function stateOf(query: URLSearchParams): RetentionState {
  return textsOf(query, NAMES);
}

export function retentionLink(state: RetentionState): string {
  return linkTo('retention', { ...state });
}

/** What to ask; undefined while no event is chosen. */
export function pathOf(state: RetentionState, { asked }: Bounds, timezone: string): string | undefined {
  if (state.first === '') return undefined;
  const interval = state.interval || 'week';
  const periods = interval in PERIODS ? PERIODS[interval as keyof typeof PERIODS] : '';
  const { first, return: again, by } = state;
  const stretch = stretchParameters(asked);
  return withQuery('/events/retention', { first, return: again, by, interval, periods, timezone, ...stretch });
}
