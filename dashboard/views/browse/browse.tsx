import { MEMBERS } from '../../choice/members.ts';
import { PagedList } from '../../components/paged-list.tsx';
import { EventLine } from '../../events/event-line.tsx';
import { locatorOf, readEvents } from '../../events/listed-event.ts';
import { usePagedAnswer } from '../../hooks/use-paged-answer.ts';
import { pageAt, problemOf } from '../../state/time-filter.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { browseLink, filtered, isLive, pathOf, stateOf } from './browse-state.ts';
import { EventDrawer } from './event-drawer.tsx';
import { FilterForm } from './filter-form.tsx';
import { FilterWords } from './filter-words.tsx';
import { NoEvents } from './no-events.tsx';

/** The events one by one, filtered, page by page, and the newest as they come. */
export const browse: View = { id: 'browse', title: 'Events', Content: Browse };

/** The parameters that have a field for what the service says about them. */
const FIELDS = [...MEMBERS.map(({ value }) => value), 'where', 'from', 'to'];
const LIVE_MS = 1_000;

function Browse({ query }: ViewProps) {
  const state = stateOf(query);
  const filters = JSON.stringify(filtered(state, {}));
  const page = usePagedAnswer({
    filters,
    cursor: state.cursor,
    pathOf: (nowMs) => pathOf(state, nowMs),
    read: readEvents,
    // What is read in the drawer stays where it is.
    everyMs: () => (isLive(state) && state.event === '' ? LIVE_MS : undefined),
  });
  const { answer, current, nowMs } = page;
  const problem = problemOf(state);
  return (
    <>
      <section aria-label="Filters">
        <FilterForm state={state} issues={answer.state === 'failed' ? answer.error.issues : []} />
      </section>
      <PagedList
        page={page}
        title="Events"
        note={<FilterWords state={state} />}
        what="the events"
        problem={problem && `${problem} These are events of any time.`}
        fields={FIELDS}
        cursor={state.cursor}
        linkTo={(cursor) => browseLink(filtered(state, pageAt(state, cursor, nowMs)))}
        isEmpty={({ events }) => events.length === 0}
        empty={<NoEvents state={state} />}
        end={state.order === 'asc' ? 'These are the newest.' : 'These are the oldest.'}
      >
        {({ events }) => (
          <ul class="event-lines" aria-label="Events">
            {events.map((event) => (
              <EventLine
                key={locatorOf(event)}
                event={event}
                href={browseLink({ ...state, event: locatorOf(event) })}
              />
            ))}
          </ul>
        )}
      </PagedList>
      {state.event !== '' && (
        <EventDrawer key={`${filters} ${state.cursor}`} state={state} events={current?.events ?? []} />
      )}
    </>
  );
}
