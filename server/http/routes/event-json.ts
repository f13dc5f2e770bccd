import { formatTimeUs } from '../../events/time.ts';
import type { EventsPage, StoredEvent } from '../../queries/events-page.ts';

/**
 * A page of events as JSON text, with `head` in front of its members. Written by hand because `data` goes in as the text
 * that was sent: to parse it would change big integers, the order of keys, and keys that are given twice.
 */
export function eventsJson(head: Readonly<Record<string, string>>, { events, nextCursor }: EventsPage): string {
  const members = Object.entries(head).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
  const next = JSON.stringify(nextCursor);
  return `{${members.join('')}"events":[${events.map(eventJson).join(',')}],"next_cursor":${next}}`;
}

function eventJson({ eventId, receivedAtUs, sessionId, timestampUs, data, ...event }: StoredEvent): string {
  const before = JSON.stringify({
    event_id: eventId,
    received_at: formatTimeUs(receivedAtUs),
    application: event.application,
    session_id: sessionId,
    user: event.user,
    category: event.category,
    name: event.name,
  });
  return `${before.slice(0, -1)},"data":${data},"timestamp":"${formatTimeUs(timestampUs)}"}`;
}
