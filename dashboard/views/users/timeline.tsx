import { fullLabel } from '../../chart/time-labels.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Fact } from '../../components/fact.tsx';
import { Pager } from '../../components/pager.tsx';
import { StoredText } from '../../components/stored-text.tsx';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { Time } from '../../components/time.tsx';
import { EventLine } from '../../events/event-line.tsx';
import { locatorOf, readEvents, type ListedEvent } from '../../events/listed-event.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { usePagedAnswer } from '../../hooks/use-paged-answer.ts';
import { useZone } from '../../hooks/use-zone.ts';
import { browseTo } from '../../state/links.ts';
import { linkTo } from '../../state/location.ts';
import { withQuery } from '../../text/query.ts';
import { startOf } from '../../text/zoned.ts';

const EVENTS_OF_PAGE = '100';

export interface TimelineProps {
  readonly user: string;
  readonly cursor: string;
}

/** What a user did, the newest first, day by day. */
export function Timeline({ user, cursor }: TimelineProps) {
  // As a parameter: in a path, a browser takes a user `..` for the way up.
  const pathOf = (order: string, limit: string, at = '') => withQuery('/events', { user, order, limit, cursor: at });
  const page = usePagedAnswer({
    filters: `user ${user}`,
    cursor,
    pathOf: () => pathOf('desc', EVENTS_OF_PAGE, cursor),
    read: readEvents,
  });
  const first = useAnswer(pathOf('asc', '1'), { read: readEvents });
  const last = useAnswer(pathOf('desc', '1'), { read: readEvents });
  const { answer, current, previous, next, heading } = page;
  const refresh = () => {
    for (const asked of [first, last]) asked.retry();
    page.refresh();
  };
  const linkAt = (at: string) => linkTo('users', { user, cursor: at });
  return (
    <section aria-labelledby="timeline">
      <div class="section-head">
        <h2 id="timeline" ref={heading} tabIndex={-1}>
          <StoredText text={user} />
        </h2>
        <a class="section-action" href={browseTo({ user })}>
          All events of this user
        </a>
        <button type="button" class="button button-small" onClick={refresh}>
          Refresh
        </button>
      </div>
      <dl class="seen">
        <Fact name="First seen">{eventIn(first)}</Fact>
        <Fact name="Last seen">{eventIn(last)}</Fact>
      </dl>
      <AnswerPanel
        answer={answer}
        what="this user"
        isEmpty={({ events }) => events.length === 0}
        empty={<EmptyPanel title="No events of this user">Users are looked for by their whole name.</EmptyPanel>}
      >
        {({ events }) => <Days events={events} user={user} />}
      </AnswerPanel>
      {current !== undefined && current.events.length > 0 && (
        <Pager
          first={cursor === '' ? undefined : linkAt('')}
          previous={previous === undefined ? undefined : linkAt(previous)}
          next={next === undefined ? undefined : linkAt(next)}
          end="These are the oldest."
        />
      )}
    </section>
  );
}

function Days({ events, user }: { readonly events: readonly ListedEvent[]; readonly user: string }) {
  const zone = useZone();
  const days = new Map<number, ListedEvent[]>();
  for (const event of events) {
    const day = startOf('day', Date.parse(event.timestamp), zone);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return (
    <>
      {[...days].map(([day, ofDay]) => (
        <div key={day} class="timeline-day">
          <h3>{fullLabel(day, 'day', zone)}</h3>
          <ul class="event-lines">
            {ofDay.map((event) => (
              <EventLine
                key={locatorOf(event)}
                event={event}
                href={browseTo({ user, event: locatorOf(event) })}
                isTimeOnly
                isOfUser
              />
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function eventIn(answer: ReturnType<typeof useAnswer<{ readonly events: readonly ListedEvent[] }>>) {
  const event = answer.state === 'ready' ? answer.value.events[0] : undefined;
  if (event === undefined) return '–';
  return (
    <>
      <Time iso={event.timestamp} precision="minute" /> with <StoredText text={event.name} />
    </>
  );
}
