import { useService } from '../../api/service.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { EventLine } from '../../events/event-line.tsx';
import { locatorOf, readEvents } from '../../events/listed-event.ts';
import { useAnswer } from '../../hooks/use-answer.ts';
import { useZone } from '../../hooks/use-zone.ts';
import { browseTo } from '../../state/links.ts';
import { areOfOneDay } from '../../text/zoned.ts';

/** An event is here within two seconds, of which the service may take one. */
const EVERY_MS = 700;
const PATH = '/events?order=desc&limit=10';

/** What happened last, as it comes. */
export function NewestEvents() {
  const { api } = useService();
  const zone = useZone();
  const answer = useAnswer(PATH, { everyMs: EVERY_MS, read: readEvents });
  return (
    <section aria-labelledby="newest">
      <div class="section-head">
        <h2 id="newest">Newest events</h2>
        <a class="section-action" href={browseTo({})}>
          All
        </a>
      </div>
      <AnswerPanel answer={answer} what="the newest events">
        {({ events }) => (
          <ul class="event-lines compact">
            {events.map((event) => (
              <EventLine
                key={locatorOf(event)}
                event={event}
                href={browseTo({ event: locatorOf(event) })}
                isTimeOnly={areOfOneDay(Date.parse(event.timestamp), api.nowMs(), zone)}
              />
            ))}
          </ul>
        )}
      </AnswerPanel>
    </section>
  );
}
