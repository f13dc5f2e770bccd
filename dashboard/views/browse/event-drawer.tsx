import type { ComponentChildren } from 'preact';
import { Drawer } from '../../components/drawer.tsx';
import { Payload } from '../../components/payload.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { StoredText, NoText } from '../../components/stored-text.tsx';
import { Time } from '../../components/time.tsx';
import { useService } from '../../api/service.ts';
import { browseLink, NO_FILTERS, type BrowseState } from './browse-state.ts';
import { FoundEvent } from './found-event.tsx';
import { locatorOf, type ListedEvent } from './listed-event.ts';

export interface EventDrawerProps {
  readonly state: BrowseState;
  /** The page that is shown; the event may be on it, or anywhere else. */
  readonly events: readonly ListedEvent[];
}

/** The event that is opened, beside the list. */
export function EventDrawer({ state, events }: EventDrawerProps) {
  const { navigation } = useService();
  const index = events.findIndex((event) => locatorOf(event) === state.event);
  const listed = events[index];
  const open = (event: ListedEvent) =>
    navigation.navigate(browseLink({ ...state, event: locatorOf(event) }), { replace: true });
  return (
    <Drawer
      label="Event"
      onClose={() => navigation.navigate(browseLink({ ...state, event: '', form: '' }))}
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
  readonly open: (event: ListedEvent) => void;
}

function Step({ label, sign, to, open }: StepProps) {
  return (
    <button
      type="button"
      class="button button-small"
      aria-label={label}
      title={label}
      disabled={to === undefined}
      onClick={() => to !== undefined && open(to)}
    >
      {sign}
    </button>
  );
}

function EventDetail({ state, event }: { readonly state: BrowseState; readonly event: ListedEvent }) {
  const { navigation } = useService();
  const { name, category, data } = event;
  return (
    <>
      <h2 class={name.length > 60 ? 'drawer-title drawer-title-long' : 'drawer-title'}>
        <StoredText text={name} />
      </h2>
      <dl class="facts">
        <Fact name="Time">
          <Time iso={event.timestamp} precision="exact" />
        </Fact>
        <Fact name="Received">
          <Time iso={event.received_at} precision="exact" />
        </Fact>
        <Fact name="Category">
          <a href={browseLink({ ...NO_FILTERS, category })}>
            <StoredText text={category} />
          </a>
        </Fact>
        <Fact name="Session">{event.session_id === '' ? <NoText /> : <WholeSession id={event.session_id} />}</Fact>
        <Fact name="User">{event.user === '' ? <NoText /> : <StoredText text={event.user} />}</Fact>
        <Fact name="Application">
          {event.application === '' ? 'none, sent without a key' : <StoredText text={event.application} />}
        </Fact>
        <Fact name="Event id">
          <StoredText text={event.event_id} /> <CopyButton text={event.event_id} what="the event id" />
        </Fact>
      </dl>
      <h3>Data</h3>
      <Payload
        text={data}
        what="the data"
        form={state.form === 'indented' ? 'indented' : 'sent'}
        onForm={(form) =>
          navigation.navigate(browseLink({ ...state, form: form === 'sent' ? '' : form }), { replace: true })
        }
      />
    </>
  );
}

function WholeSession({ id }: { readonly id: string }) {
  return (
    <>
      <StoredText text={id} />
      <br />
      <a href={browseLink({ ...NO_FILTERS, session_id: id, order: 'asc' })}>All events of this session</a>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
