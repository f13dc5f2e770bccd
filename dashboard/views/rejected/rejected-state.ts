import { linkTo } from '../../state/location.ts';
import { pinned, unpinned, type TimeFilter } from '../../state/time-filter.ts';
import { textsOf, withQuery } from '../../text/query.ts';

/** Everything that the view shows, as in its link. What is empty is not in it. */
export interface RejectedState extends TimeFilter {
  readonly reason: string;
  readonly application: string;
  readonly limit: string;
  readonly cursor: string;
}

const NAMES = ['reason', 'application', 'range', 'from', 'to', 'limit', 'cursor'] as const;

export function stateOf(query: URLSearchParams): RejectedState {
  return textsOf(query, NAMES);
}

export const NO_FILTERS = stateOf(new URLSearchParams());

export function rejectedLink(state: Partial<RejectedState>): string {
  return linkTo('rejected', { ...state });
}

/** Other filters lead to a first page. */
export function filtered(state: RejectedState, change: Partial<RejectedState>): RejectedState {
  return { ...state, ...unpinned(state), cursor: '', ...change };
}

/** What to ask the service for. @param nowMs at the service, in milliseconds since the epoch */
export function pathOf(state: RejectedState, nowMs: number): string {
  const { reason, application, limit, cursor } = state;
  const { from, to } = pinned(state, nowMs);
  return withQuery('/events/rejected', { reason, application, from, to, limit: limit || '20', cursor });
}

export function isFiltered({ reason, application, range, from, to }: RejectedState): boolean {
  return [reason, application, range, from, to].some((value) => value !== '');
}
