import { stretchParameters } from '../../api/questions.ts';
import { linkTo } from '../../state/location.ts';
import type { Bounds, RangeState } from '../../state/range.ts';
import { listOf, textsOf, withQuery } from '../../text/query.ts';

/** Everything that the view shows, as in its link. */
export interface FunnelState extends RangeState {
  /** Each `category::name`, or a name. */
  readonly steps: readonly string[];
  /** `user` unless given, or `session_id`. */
  readonly by: string;
  /** Such as `24h`, which it is unless given. */
  readonly within: string;
}

export const USUAL_RANGE = '31d';
export const MIN_STEPS = 2;
export const MAX_STEPS = 10;

export function stateOf(query: URLSearchParams): FunnelState {
  return { steps: listOf(query, 'step'), ...textsOf(query, ['by', 'within', 'range', 'from', 'to']) };
}

export function funnelLink({ steps, ...rest }: FunnelState): string {
  return linkTo('funnel', { step: steps, ...rest });
}

/** What to ask; undefined while there is nothing to follow. */
export function pathOf({ steps, by, within }: FunnelState, { asked }: Bounds): string | undefined {
  if (steps.length < MIN_STEPS) return undefined;
  return withQuery('/events/funnel', { step: steps, by, within, ...stretchParameters(asked) });
}
