import type { ComponentChildren } from 'preact';
import { AnswerPanel } from '../components/answer-panel.tsx';
import { EmptyPanel } from '../components/state-panels.tsx';
import { useAnswer } from '../hooks/use-answer.ts';
import { momentOf } from '../text/instants.ts';
import { locatorOf, readEvents, timeOf, type ListedEvent } from './listed-event.ts';

export interface FoundEventProps {
  readonly locator: string;
  readonly children: (event: ListedEvent) => ComponentChildren;
}

/** As many as the service gives at once. */
const MAX_OF_A_MOMENT = 1000;

/** An event that a link names, wherever it is: among those of its microsecond. */
export function FoundEvent({ locator, children }: FoundEventProps) {
  const micros = timeOf(locator);
  if (micros === undefined) return <NotFound />;
  return (
    <AmongMoment locator={locator} micros={micros}>
      {children}
    </AmongMoment>
  );
}

function AmongMoment({ locator, micros, children }: FoundEventProps & { readonly micros: number }) {
  const parameters = new URLSearchParams({ ...momentOf(micros), limit: String(MAX_OF_A_MOMENT) });
  const answer = useAnswer(`/events?${parameters}`, { read: readEvents });
  return (
    <AnswerPanel answer={answer} what="the event">
      {({ events }) => {
        const event = events.find((one) => locatorOf(one) === locator);
        return event === undefined ? <NotFound /> : children(event);
      }}
    </AnswerPanel>
  );
}

function NotFound() {
  return (
    <EmptyPanel title="This event is not here">
      <p>The link names an event that is not stored, or no event at all.</p>
    </EmptyPanel>
  );
}
