import { attempt } from './store.ts';

/**
 * Tells of each view of a page, also of pages that a script shows without loading them: once somebody sees it, and again
 * where the browser restores it.
 */
export function watchPages(tell: (view: object) => void): void {
  let viewed = '';
  const view = (): void => {
    if (document.visibilityState === 'hidden') return;
    const { href: url, pathname: path } = location;
    const page = url.replace(/#.*/, '');
    if (page === viewed) return;
    const referrer = viewed || document.referrer;
    viewed = page;
    tell({
      url,
      path,
      // Routers set it after the address.
      get title() {
        return document.title;
      },
      referrer,
    });
  };
  for (const method of ['pushState', 'replaceState'] as const) {
    const change = history[method].bind(history);
    history[method] = (...state) => {
      change(...state);
      attempt(view);
    };
  }
  addEventListener('popstate', view);
  document.addEventListener('visibilitychange', view);
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    viewed = '';
    view();
  });
  view();
}
