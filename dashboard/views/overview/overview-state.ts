import type { Measure } from '../../api/questions.ts';
import { MEASURES } from '../../choice/measures.ts';
import { linkTo } from '../../state/location.ts';
import type { RangeState } from '../../state/range.ts';
import { textsOf } from '../../text/query.ts';

/** Everything that the view shows, as in its link. */
export interface OverviewState extends RangeState {
  /** What the chart is of. */
  readonly measure: Measure;
}

export function stateOf(query: URLSearchParams): OverviewState {
  const measure = MEASURES.find(({ id }) => id === query.get('measure'))?.id ?? 'events';
  return { measure, ...textsOf(query, ['range', 'from', 'to']) };
}

/** The page's own address, with what differs from how it opens. */
export function overviewLink({ measure, range, from, to }: OverviewState): string {
  return linkTo(undefined, {
    measure: measure === 'events' ? '' : measure,
    range: range === '24h' ? '' : range,
    from,
    to,
  });
}
