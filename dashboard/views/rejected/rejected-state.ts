import { linkTo } from '../../state/location.ts';
import { pinned, unpinned, type TimeFilter } from '../../state/time-filter.ts';

/** Everything that the view shows, as in its link. What is empty is not in it. */
export interface RejectedState extends TimeFilter {
  readonly reason: string;
  readonly application: string;
  readonly limit: string;
  readonly cursor: string;
}

const NAMES = ['reason', 'application', 'range', 'from', 'to', 'limit', 'cursor'] as const;

/** The state in a link, whatever is in it: what is wrong is for the service to say. */
export function stateOf(query: URLSearchParams): RejectedState {
  const entries = NAMES.map((name) => [name, query.get(name) ?? '']);
  return Object.fromEntries(entries) as Record<(typeof NAMES)[number], string>;
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
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({
    reason,
    application,
    from,
    to,
    limit: limit || '20',
    cursor,
  })) {
    if (value !== '') parameters.set(name, value);
  }
  return `/events/rejected?${parameters}`;
}

export function isFiltered({ reason, application, range, from, to }: RejectedState): boolean {
  return [reason, application, range, from, to].some((value) => value !== '');
}
