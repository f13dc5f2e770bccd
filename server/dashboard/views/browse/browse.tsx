import { useMemo, useState } from 'preact/hooks';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Notice } from '../../components/notice.tsx';
import { Pager } from '../../components/pager.tsx';
import { RefusedFilters } from '../../components/refused-filters.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { usePages } from '../../hooks/use-pages.ts';
import { useService } from '../../service.ts';
import { pinned, problemOf } from '../../time-filter.ts';
import type { View, ViewProps } from '../../view.ts';
import { browseLink, filtered, pathOf, stateOf, TEXT_FILTERS, type BrowseState } from './browse-state.ts';
import { EventDrawer } from './event-drawer.tsx';
import { EventsTable } from './events-table.tsx';
import { FilterForm } from './filter-form.tsx';
import { FilterWords } from './filter-words.tsx';
import { readEvents } from './listed-event.ts';
import { NoEvents } from './no-events.tsx';
import './browse.css';

/** The events one by one, filtered, page by page. */
export const browse: View = { id: 'browse', title: 'Browse', Content: Browse };

/** The parameters that have a field for what the service says about them. */
const FIELDS = [...TEXT_FILTERS.map(({ id }) => id), 'from', 'to'];

function Browse({ query }: ViewProps) {
  const { api } = useService();
  const state = stateOf(query);
  const [refreshes, setRefreshes] = useState(0);
  // A range that ends now ends then: when the page was asked for.
  const filters = JSON.stringify(filtered(state, {}));
  const nowMs = useMemo(() => api.nowMs(), [api, filters, refreshes]);
  const answer = useAnswer(pathOf(state, nowMs), { read: readEvents });
  const pages = usePages(state.cursor, answer);
  const asked = { ...state, ...pinned(state, nowMs) };
  const refusal = answer.state === 'failed' ? answer.error : undefined;
  const problem = problemOf(state);
  const refresh = () => {
    setRefreshes(refreshes + 1);
    answer.retry();
  };
  return (
    <>
      <section aria-label="Filters">
        <FilterForm state={state} issues={refusal?.issues ?? []} />
      </section>
      <section aria-labelledby="events">
        <div class="section-head">
          <h2 id="events" ref={pages.heading} tabIndex={-1}>
            {(pages.number ?? 1) > 1 ? `Events, page ${pages.number}` : 'Events'}
          </h2>
          <Shown state={state} />
          <button type="button" class="button button-quiet section-action" onClick={refresh}>
            Refresh
          </button>
        </div>
        {problem !== undefined && <Notice>{problem} These are events of any time.</Notice>}
        <RefusedFilters error={refusal} fields={FIELDS} firstPage={state.cursor === '' ? undefined : pageLink(asked, '')}>
          <AnswerPanel
            answer={answer}
            what="the events"
            isEmpty={({ events }) => events.length === 0}
            empty={<NoEvents state={state} />}
          >
            {({ events }) => <EventsTable state={asked} events={events} />}
          </AnswerPanel>
        </RefusedFilters>
        {answer.state === 'ready' && !answer.isOfBefore && answer.value.events.length > 0 && (
          <Pager
            first={state.cursor === '' ? undefined : pageLink(asked, '')}
            previous={pages.previous === undefined ? undefined : pageLink(asked, pages.previous)}
            next={pages.next === undefined ? undefined : pageLink(asked, pages.next)}
            end={state.order === 'asc' ? 'These are the newest.' : 'These are the oldest.'}
          />
        )}
      </section>
      {state.event !== '' && <EventDrawer state={state} events={answer.state === 'ready' ? answer.value.events : []} />}
    </>
  );
}

function Shown({ state }: { readonly state: BrowseState }) {
  return (
    <span class="section-note">
      <FilterWords state={state} />
    </span>
  );
}

function pageLink(state: BrowseState, cursor: string): string {
  return browseLink({ ...state, event: '', form: '', cursor });
}
