import { useState } from 'preact/hooks';
import { Drawer } from '../../components/drawer.tsx';
import { FoundEvent } from '../../events/found-event.tsx';
import { locatorOf, type ListedEvent } from '../../events/listed-event.ts';
import { useService } from '../../api/service.ts';
import { useZone } from '../../hooks/use-zone.ts';
import { formatTime } from '../../text/format.ts';
import { browseLink, type BrowseState } from './browse-state.ts';
import { EventDetail } from './event-detail.tsx';

export interface EventDrawerProps {
  readonly state: BrowseState;
  /** The page that is shown; the event may be on it, or anywhere else. */
  readonly events: readonly ListedEvent[];
}

/** The event that is opened, beside the list; the arrow keys go up and down in that. */
export function EventDrawer({ state, events: present }: EventDrawerProps) {
  const { navigation, announce } = useService();
  // Those of when it was opened: a list that goes on would leave the event behind.
  const [events, keep] = useState(present);
  if (events.length === 0 && present.length > 0) keep(present);
  const zone = useZone();
  const index = events.findIndex((event) => locatorOf(event) === state.event);
  const listed = events[index];
  const open = (event: ListedEvent | undefined) => {
    if (event === undefined) return;
    navigation.navigate(browseLink({ ...state, event: locatorOf(event) }), { replace: true });
    announce(`${event.name}, ${formatTime(event.timestamp, zone)}`);
  };
  return (
    <Drawer
      label="Event"
      onClose={() => navigation.leave(browseLink({ ...state, event: '', form: '' }))}
      onStep={listed === undefined ? undefined : (by) => open(events[index + by])}
      actions={
        listed !== undefined && (
          <>
            <Step label="Event above" sign="↑" to={events[index - 1]} open={open} />
            <Step label="Event below" sign="↓" to={events[index + 1]} open={open} />
          </>
        )
      }
    >
      {listed === undefined ? (
        <FoundEvent locator={state.event}>{(event) => <EventDetail state={state} event={event} />}</FoundEvent>
      ) : (
        <EventDetail state={state} event={listed} />
      )}
    </Drawer>
  );
}

interface StepProps {
  readonly label: string;
  readonly sign: string;
  readonly to: ListedEvent | undefined;
  readonly open: (event: ListedEvent | undefined) => void;
}

function Step({ label, sign, to, open }: StepProps) {
  return (
    <button
      type="button"
      class="button button-small"
      aria-label={label}
      title={`${label} (${sign})`}
      // At the end of the list it keeps the focus.
      aria-disabled={to === undefined}
      onClick={() => open(to)}
    >
      {sign}
    </button>
  );
}
