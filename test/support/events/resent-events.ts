import { HOUR_MS } from '../../../server/events/hours.ts';
import type { Random } from './random.ts';

/** An event with an id of its client's own, which is sent one to four times. */
export interface ResentEvent {
  readonly event_id: string;
  readonly user: string;
  readonly session_id: string;
  readonly category: string;
  readonly name: string;
  /** Whole milliseconds since the epoch. */
  readonly timestamp: number;
  readonly data: { readonly path?: string };
}

/** A request of one or more events, copies included. */
export interface Resending {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** 400 clicks and impressions and 300 events, and the requests in which they come. */
export interface ResentEvents {
  readonly events: readonly ResentEvent[];
  /** Each is sent when the one before was answered; the requests of one may be sent at the same time. */
  readonly waves: readonly (readonly Resending[])[];
}

export const HOURS = 3;
const CLICKS = 400;
const OTHERS = 300;
const MOST_TIMES = 4;
const BODY_EVENTS = 40;

/** @param fromMs the beginning of an hour; the events are in it and in the two after it */
export function resentEvents(random: Random, fromMs: number): ResentEvents {
  const at = () => fromMs + random.whole(0, HOURS * HOUR_MS - 1);
  const clicks = Array.from({ length: CLICKS }, (_, index) => ({
    event_id: `click ${index}`,
    user: `user ${random.whole(0, 149)}`,
    category: 'analytics',
    name: random.pick(['click', 'click', 'click', 'impression']),
    timestamp: at(),
    // Half of them come by POST /analytics, which knows neither.
    ...(index % 2 === 0
      ? { session_id: '', data: {} }
      : { session_id: `session ${random.whole(0, 39)}`, data: { path: `/${random.whole(0, 6)}` } }),
  }));
  const others = Array.from({ length: OTHERS }, (_, index) => ({
    // Also those of the clicks, which are other events all the same.
    event_id: random.isTrue(0.1) ? `click ${index}` : `event ${index}`,
    user: `user ${random.whole(0, 149)}`,
    session_id: `session ${random.whole(0, 39)}`,
    category: random.pick(['shop', 'shop', 'blog']),
    name: random.pick(['view', 'cart', 'order']),
    timestamp: at(),
    data: { path: `/${random.whole(0, 6)}` },
  }));
  const events: readonly ResentEvent[] = [...clicks, ...others];
  const copies = random.shuffled(
    events.flatMap((event) => Array.from({ length: random.whole(1, MOST_TIMES) }, () => event)),
  );
  const half = Math.ceil(copies.length / 2);
  const waves = [copies.slice(0, half), copies.slice(half)].map((wave) => requestsOf(wave, random));
  return { events, waves };
}

/** Posts a wave, some requests at the same time, each to any of the servers. @throws Error when one is not taken */
export async function resend(wave: readonly Resending[], urls: readonly string[], random: Random): Promise<void> {
  const left = [...wave];
  const send = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { path, headers, body } = next;
      const answer = await fetch(`${random.pick(urls)}${path}`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`received ${answer.status} for ${path}: ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
}

/** The same event may be in one body several times. */
function requestsOf(copies: readonly ResentEvent[], random: Random): Resending[] {
  const isAlone = (event: ResentEvent) => event.session_id === '';
  const together = copies.filter((event) => !isAlone(event));
  const bodies: Resending[] = [];
  while (together.length > 0) {
    const events = together.splice(0, random.whole(1, BODY_EVENTS));
    const twice = random.isTrue(0.3) ? events.slice(0, 1) : [];
    bodies.push(bodyOf([...events, ...twice]));
  }
  return [...copies.filter(isAlone).map((event) => clickOf(event, random)), ...bodies];
}

function bodyOf(events: readonly ResentEvent[]): Resending {
  const body = events.map((event) => JSON.stringify(event)).join('\n');
  return { path: '/events', headers: { 'Content-Type': 'application/x-ndjson' }, body };
}

function clickOf(event: ResentEvent, random: Random): Resending {
  const { user, name, timestamp, event_id: id } = event;
  const query = new URLSearchParams({ timestamp: String(timestamp), user, [name]: '' });
  const isInHeader = random.isTrue(0.5);
  if (!isInHeader) query.set('event_id', id);
  const headers = isInHeader ? { 'Idempotency-Key': id } : {};
  return { path: `/analytics?${query.toString()}`, headers, body: '' };
}
