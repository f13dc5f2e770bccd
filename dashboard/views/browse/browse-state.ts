import { MEMBERS, type Member } from '../../choice/members.ts';
import { linkTo } from '../../state/location.ts';
import { pinned, unpinned, type TimeFilter } from '../../state/time-filter.ts';
import { listOf, textsOf, withQuery } from '../../text/query.ts';

/** Everything that the view shows, as in its link. What is empty is not in it. */
export interface BrowseState extends Readonly<Record<Member, string>>, TimeFilter {
  /** Each `path:value`; all must hold. */
  readonly where: readonly string[];
  /** `asc` or `desc`; the newest first unless said otherwise. */
  readonly order: string;
  /** Events of a page. */
  readonly limit: string;
  readonly cursor: string;
  /** The event that is opened, as `locatorOf` writes it. */
  readonly event: string;
  /** How its data is shown. */
  readonly form: string;
}

const NAMES = [
  ...MEMBERS.map(({ value }) => value),
  ...(['range', 'from', 'to', 'order', 'limit', 'cursor', 'event', 'form'] as const),
];

export const NO_FILTERS = stateOf(new URLSearchParams());

export function stateOf(query: URLSearchParams): BrowseState {
  return { ...textsOf(query, NAMES), where: listOf(query, 'where') };
}

export function browseLink(state: Partial<BrowseState>): string {
  return linkTo('browse', { ...state });
}

/** Other filters lead to a first page, with nothing opened. */
export function filtered(state: BrowseState, change: Partial<BrowseState>): BrowseState {
  return { ...state, ...unpinned(state), cursor: '', event: '', form: '', ...change };
}

/** What to ask the service for. @param nowMs at the service, in milliseconds since the epoch */
export function pathOf(state: BrowseState, nowMs: number): string {
  const { from, to } = pinned(state, nowMs);
  const { order, limit, cursor, where } = state;
  const texts = Object.fromEntries(MEMBERS.map(({ value }) => [value, state[value]]));
  return withQuery('/events', { ...texts, from, to, order: order || 'desc', limit: limit || '50', cursor, where });
}

/** Whether any filter leaves events out. */
export function isFiltered(state: BrowseState): boolean {
  const { range, from, to, where } = state;
  return where.length > 0 || [range, from, to, ...MEMBERS.map(({ value }) => state[value])].some((text) => text !== '');
}

/** Whether new events belong to the beginning of what is shown. */
export function isLive({ order, cursor, to }: BrowseState): boolean {
  return order !== 'asc' && cursor === '' && to === '';
}
