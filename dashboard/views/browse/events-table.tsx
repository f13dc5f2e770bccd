import { DataTable, type Column } from '../../components/data-table.tsx';
import { StoredLine } from '../../components/stored-text.tsx';
import { Time } from '../../components/time.tsx';
import { browseLink, NO_FILTERS, type BrowseState } from './browse-state.ts';
import { locatorOf, type ListedEvent } from './listed-event.ts';

/** More of the data than a row has room for. */
const PREVIEW_CHARACTERS = 160;

/** A page of events. The time of each leads to all that is known of it, and the session to all that is of it. */
export function EventsTable({
  state,
  events,
}: {
  readonly state: BrowseState;
  readonly events: readonly ListedEvent[];
}) {
  return (
    <div class="events">
      <DataTable
        caption={`${events.length} ${events.length === 1 ? 'event' : 'events'}`}
        isCaptionHidden
        columns={columnsFor(state)}
        rows={events}
        rowId={locatorOf}
      />
    </div>
  );
}

function columnsFor(state: BrowseState): readonly Column<ListedEvent>[] {
  return [
    {
      id: 'time',
      header: 'Time (UTC)',
      cell: (event) => (
        <a class="row-link" href={browseLink({ ...state, event: locatorOf(event) })}>
          <Time iso={event.timestamp} zone="implied" />
        </a>
      ),
    },
    {
      id: 'event',
      header: 'Event',
      cell: ({ name, category }) => (
        <div class="event-name">
          <StoredLine text={name} />
          <small>
            <StoredLine text={category} />
          </small>
        </div>
      ),
    },
    {
      id: 'session',
      header: 'Session',
      isExtra: true,
      cell: ({ session_id }) => <SessionLink id={session_id} />,
    },
    { id: 'user', header: 'User', isExtra: true, cell: ({ user }) => <StoredLine text={user} /> },
    {
      id: 'application',
      header: 'Application',
      isExtra: true,
      cell: ({ application }) => <StoredLine text={application} />,
    },
    {
      id: 'data',
      header: 'Data',
      isExtra: true,
      cell: ({ data }) => (
        <code>
          <StoredLine text={data.slice(0, PREVIEW_CHARACTERS)} />
        </code>
      ),
    },
  ];
}

/** Leads to all events of a session, as they happened. */
export function SessionLink({ id }: { readonly id: string }) {
  if (id === '') return <StoredLine text="" />;
  return (
    <a class="filter-link" href={browseLink({ ...NO_FILTERS, session_id: id, order: 'asc' })}>
      <StoredLine text={id} />
    </a>
  );
}
