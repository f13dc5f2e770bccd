import { useEffect, useRef } from 'preact/hooks';
import { ZoneSwitch } from './components/zone-switch.tsx';
import { useStore } from './hooks/use-store.ts';
import { linkTo } from './state/location.ts';
import { useService } from './api/service.ts';
import type { View } from './state/view.ts';
import { VIEWS } from './views.ts';

/** The name of the product, the way to each view, and the key of this tab. */
export function Header({ current }: { readonly current: View }) {
  const views = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On a phone the views are a row that scrolls. Not by `scrollIntoView`, from where Chromium 150 goes on with Tab.
    const row = views.current;
    const link = row?.querySelector('[aria-current]');
    if (row && link) row.scrollBy({ left: middleOf(link) - middleOf(row), behavior: 'instant' });
  }, [current]);
  return (
    <header class="site-header">
      <div class="site-header-row">
        <a class="brand" href={linkTo(undefined)} aria-label="clickhour, overview">
          <Mark />
          clickhour
        </a>
        <nav aria-label="Views">
          <ul ref={views}>
            {VIEWS.map((view, index) => (
              <li key={view.id}>
                <a
                  href={linkTo(index === 0 ? undefined : view.id)}
                  aria-current={view === current ? 'page' : undefined}
                >
                  {view.title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="site-header-tools">
          <ZoneSwitch />
          <KeyOfThisTab />
        </div>
      </div>
    </header>
  );
}

/** In pixels from the left of the window. */
function middleOf(element: Element): number {
  const { left, width } = element.getBoundingClientRect();
  return left + width / 2;
}

function KeyOfThisTab() {
  const { session, announce } = useService();
  const { key } = useStore(session.credentials);
  if (key === undefined) return null;
  const forget = () => {
    session.forget();
    announce('The key is forgotten.');
  };
  return (
    <button type="button" class="button button-quiet" title="Removes the API key from this tab" onClick={forget}>
      Forget key
    </button>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M8.5 23.5v-6M16 23.5v-15M23.5 23.5v-9.5" stroke-width="3.6" stroke-linecap="round" />
    </svg>
  );
}
