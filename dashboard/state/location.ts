import { withQuery, type Parameters } from '../text/query.ts';
import { inZoneOf, ZONE } from './zone.ts';

/** Where the page is: a view, and what it shows of it. All of it is in the URL, so a link leads to every state. */
export interface Place {
  /** `undefined` for the page's own address, without a view. */
  readonly viewId: string | undefined;
  /** The rest of the query, for the view. */
  readonly query: URLSearchParams;
}

const VIEW = 'view';

/** Reads the query of a URL, with or without its question mark. */
export function placeOf(search: string): Place {
  const query = new URLSearchParams(search);
  const viewId = query.get(VIEW) ?? undefined;
  query.delete(VIEW);
  query.delete(ZONE);
  return { viewId, query };
}

/**
 * The link to a state of a view, in the zone of the present address; without a view, to a state of the one that the page
 * opens with.
 */
export function linkTo(viewId: string | undefined, query: Parameters = {}): string {
  return inZoneOf(withQuery('/', { [VIEW]: viewId, ...query }), presentSearch());
}

/** Empty where there is no address, outside of a browser. */
function presentSearch(): string {
  const { location } = globalThis as { readonly location?: { readonly search: string } };
  return location?.search ?? '';
}
