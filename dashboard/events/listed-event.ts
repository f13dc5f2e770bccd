import { microsOf } from '../text/instants.ts';
import { elementsOf, membersOf } from '../text/json-text.ts';

/** An event as `GET /events` gives it, with its data as the text that was sent. */
export interface ListedEvent {
  readonly event_id: string;
  readonly received_at: string;
  readonly application: string;
  readonly session_id: string;
  readonly user: string;
  readonly category: string;
  readonly name: string;
  readonly data: string;
  readonly timestamp: string;
}

export interface EventsAnswer {
  readonly events: readonly ListedEvent[];
  readonly next_cursor: string | null;
}

/** Reads the answer of `GET /events`. @throws SyntaxError when it is not JSON */
export function readEvents(text: string): EventsAnswer {
  const { events, next_cursor } = Object.fromEntries(membersOf(text));
  return {
    events: elementsOf(events ?? '[]').map(readEvent),
    next_cursor: JSON.parse(next_cursor ?? 'null') as string | null,
  };
}

function readEvent(text: string): ListedEvent {
  const members = membersOf(text).map(([name, value]) => [
    name,
    name === 'data' ? value : (JSON.parse(value) as unknown),
  ]);
  return Object.fromEntries(members) as ListedEvent;
}

/** Names one event among all, for a link. Its `event_id` alone may be that of several: whoever sends events chooses it. */
export function locatorOf({ timestamp, received_at, event_id }: ListedEvent): string {
  return `${microsOf(timestamp)}-${microsOf(received_at)}-${event_id}`;
}

/** The time of an event that a link names, in whole microseconds; undefined when it names none. */
export function timeOf(locator: string): number | undefined {
  const match = /^(\d{1,16})-\d{1,16}-/.exec(locator);
  const micros = match === null ? Number.NaN : Number(match[1]);
  return micros <= LATEST ? micros : undefined;
}

/** Later than any event. */
const LATEST = microsOf('2200-01-01T00:00:00.000000Z');
