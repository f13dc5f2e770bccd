import { useEffect, useRef } from 'preact/hooks';
import { Header } from './header.tsx';
import { KeyForm } from './components/key-form.tsx';
import { Notice } from './components/notice.tsx';
import { ZoneWords } from './components/zone-switch.tsx';
import { useStore } from './hooks/use-store.ts';
import { placeOf } from './state/location.ts';
import { useService } from './api/service.ts';
import type { View } from './state/view.ts';
import { VIEWS } from './views.ts';

/** The whole page: header, the view that the address names, and what is around them. */
export function App() {
  const { navigation, session } = useService();
  const { viewId, query } = placeOf(useStore(navigation.search));
  const { asks } = useStore(session.credentials);
  const view = viewOf(viewId);
  const shown = view ?? VIEWS[0];
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Header current={shown} />
      <main id="main" tabIndex={-1}>
        {asks === 'none' || shown.isOpen === true ? (
          <ViewPage key={shown.id} view={shown} query={query} unknownId={view ? undefined : viewId} />
        ) : (
          <KeyForm wasRefused={asks === 'refused'} />
        )}
      </main>
      <footer class="site-footer">
        <ZoneWords />
        <a href="/docs">API documentation</a>
      </footer>
    </>
  );
}

function viewOf(id: string | undefined): View | undefined {
  return id === undefined ? VIEWS[0] : VIEWS.find((view) => view.id === id);
}

interface ViewPageProps {
  readonly view: View;
  readonly query: URLSearchParams;
  /** What the address asked for, if there is no such view. */
  readonly unknownId: string | undefined;
}

/** How many views this page has shown: the first is where the reader's browser is anyway, so it takes no focus. */
let shownBefore = 0;

function ViewPage({ view, query, unknownId }: ViewPageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${view.title} · clickhour`;
    if (shownBefore > 0) heading.current?.focus();
    shownBefore += 1;
  }, [view]);
  return (
    <>
      {unknownId !== undefined && (
        <Notice>
          There is no view called “{unknownId.slice(0, 80)}”. This is the {view.title.toLowerCase()}.
        </Notice>
      )}
      <h1 ref={heading} tabIndex={-1}>
        {view.title}
      </h1>
      <view.Content query={query} />
    </>
  );
}
