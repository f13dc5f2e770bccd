import { CopyButton } from '../../components/copy-button.tsx';
import { Fact } from '../../components/fact.tsx';
import { Payload } from '../../components/payload.tsx';
import { NoText, StoredText } from '../../components/stored-text.tsx';
import { Time } from '../../components/time.tsx';
import type { ListedEvent } from '../../events/listed-event.ts';
import { valuesIn } from '../../events/payload-values.ts';
import { useService } from '../../api/service.ts';
import { userTo } from '../../state/links.ts';
import { withoutData } from '../../text/data-path.ts';
import { browseLink, NO_FILTERS, type BrowseState } from './browse-state.ts';

/** All that is known of an event; what it has in common with others leads to them. */
export function EventDetail({ state, event }: { readonly state: BrowseState; readonly event: ListedEvent }) {
  const { navigation } = useService();
  const { name, category, user, session_id, application, data } = event;
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
          <Same text={category} href={browseLink({ ...NO_FILTERS, category })} />
        </Fact>
        <Fact name="User">{user === '' ? <NoText /> : <Same text={user} href={userTo(user)} />}</Fact>
        <Fact name="Session">{session_id === '' ? <NoText /> : <WholeSession id={session_id} />}</Fact>
        <Fact name="Application">
          {application === '' ? (
            'none, sent without a key'
          ) : (
            <Same text={application} href={browseLink({ ...NO_FILTERS, application })} />
          )}
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
      <SameValues event={event} />
    </>
  );
}

/** Each value of the data leads to the events of the same name that have it too. */
function SameValues({ event: { category, name, data } }: { readonly event: ListedEvent }) {
  const values = valuesIn(data);
  if (values.length === 0) return null;
  return (
    <>
      <h3>Events with the same</h3>
      <ul class="same-values">
        {values.map(({ path, value }) => (
          <li key={path}>
            <a class="chip" href={browseLink({ ...NO_FILTERS, category, name, where: [`${path}:${value}`] })}>
              <span class="one-line">
                {withoutData(path)}: <StoredText text={value} />
              </span>
            </a>
          </li>
        ))}
      </ul>
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

function Same({ text, href }: { readonly text: string; readonly href: string }) {
  return (
    <a href={href}>
      <StoredText text={text} />
    </a>
  );
}
