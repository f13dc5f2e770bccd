import { createStore, type Store } from './store.ts';
import { inZoneOf } from './zone.ts';

/** The query of the address, as a store: links, `navigate`, and the browser's back and forward change it. */
export interface Navigation {
  readonly search: Pick<Store<string>, 'get' | 'subscribe'>;
  /** Goes to a link of `linkTo`. `replace` leaves no step to go back to. */
  navigate(href: string, options?: { readonly replace?: boolean }): void;
  /** Goes back to a link if the step before led from there, or else on to it, leaving no step to come back here. */
  leave(href: string): void;
}

/** Takes over the links within the page, for as long as the page is open. */
export function createNavigation(window: Window): Navigation {
  const { location, history, document } = window;
  const search = createStore(location.search);
  const update = () => search.set(location.search);
  const navigate: Navigation['navigate'] = (href, { replace = false } = {}) => {
    if (href !== `${location.pathname}${location.search}`) {
      if (replace) history.replaceState(history.state, '', href);
      else history.pushState({ from: `${location.pathname}${location.search}` }, '', href);
    }
    update();
  };
  const leave: Navigation['leave'] = (link) => {
    const state = history.state as { readonly from?: unknown } | null;
    if (state?.from === link) history.back();
    else navigate(link, { replace: true });
  };
  window.addEventListener('popstate', () => {
    // The step may be from before a zone was chosen: that is kept, as it is on the way forward.
    const here = `${location.pathname}${location.search}`;
    const href = inZoneOf(here, search.get());
    if (href !== here) history.replaceState(history.state, '', href);
    update();
  });
  document.addEventListener('click', (event) => {
    const href = hrefWithin(event, location);
    if (href === undefined) return;
    event.preventDefault();
    navigate(href);
  });
  return { search, navigate, leave };
}

/** The link that a click asks for, if it is one within this page, to be opened in this tab. */
function hrefWithin(event: MouseEvent, { origin, pathname }: Location): string | undefined {
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!isPlain || event.defaultPrevented || !(event.target instanceof Element)) return undefined;
  const link = event.target.closest('a');
  if (link === null || link.target !== '' || link.hasAttribute('download')) return undefined;
  if (link.origin !== origin || link.pathname !== pathname || link.hash !== '') return undefined;
  return `${link.pathname}${link.search}`;
}
