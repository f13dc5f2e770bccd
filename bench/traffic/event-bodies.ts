import { randomSource } from './traffic.ts';

/** The same events in the two forms in which they are sent. */
export interface EventBody {
  /** NDJSON for `POST /events`. */
  readonly events: string;
  /** The same as rows of the table, in JSONEachRow. */
  readonly rows: string;
}

export const EVENTS_PER_BODY = 1000;

/** So many different bodies are made before, so that making them is not measured. */
const BODIES = 20;
const PAGES = ['/', '/pricing', '/docs/getting-started', '/blog/2026/how-we-count', '/about'];

/** Bodies of page views, the same in every run apart from the time; over and over again. */
export function* eventBodies(nowMs: number): Generator<EventBody, never> {
  const random = randomSource(2);
  const bodies = Array.from({ length: BODIES }, () => eventBody(nowMs, random));
  for (;;) yield* bodies;
}

function eventBody(nowMs: number, random: () => number): EventBody {
  const events: string[] = [];
  const rows: string[] = [];
  for (let i = 0; i < EVENTS_PER_BODY; i += 1) {
    const timestampMs = nowMs - Math.floor(random() * 3_600_000);
    const number = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    const head = {
      session_id: `${number}-9137-4e4e-80b5-f1ffddc25423`,
      user: `user-${number.slice(0, 4)}`,
      category: 'page interaction',
      name: 'pageview',
    };
    const page = PAGES[Math.floor(random() * PAGES.length)];
    const data = { host: 'www.example.com', path: page, referrer: 'https://search.example.com/?q=analytics' };
    events.push(JSON.stringify({ ...head, data, timestamp: new Date(timestampMs).toISOString() }));
    const timestamp = timestampMs * 1000;
    const id = {
      received_at: nowMs * 1000,
      event_id: `01890f6e-7b6a-7${number.slice(0, 3)}-8000-0000${number}`,
    };
    rows.push(JSON.stringify({ ...head, ...id, timestamp, data: JSON.stringify(data) }));
  }
  return { events: events.join('\n'), rows: rows.join('\n') };
}
