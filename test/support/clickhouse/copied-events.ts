import { eventRow, type EventRow } from './insert-events.ts';
import type { Random } from '../events/random.ts';

export const START_MS = Date.UTC(2024, 4, 17, 10);

/** Some events, each one to four times, the copies with other payloads and later arrivals. */
export function manyRows(random: Random, events: number): EventRow[] {
  const rows: EventRow[] = [];
  let received = START_MS * 1000;
  for (let index = 0; index < events; index += 1) {
    const isAnalytics = random.isTrue(0.5);
    const identity = {
      // Ids repeat: with another time, name or application they are other events.
      event_id: `id-${random.whole(1, events / 2)}`,
      timestamp: (START_MS + random.whole(0, 3 * 3600) * 1000) * 1000 + random.whole(0, 2),
      application: random.pick(['', 'shop']),
      category: isAnalytics ? 'analytics' : 'page',
      name: random.pick(isAnalytics ? ['click', 'impression'] : ['view', 'buy']),
      user: `user-${random.whole(1, 40)}`,
      session_id: random.pick(['', `session-${random.whole(1, 30)}`]),
    };
    for (let copy = 0; copy < random.whole(1, 4); copy += 1) {
      received += random.whole(1, 1000);
      rows.push(
        eventRow({
          ...identity,
          received_at: received,
          data: JSON.stringify({ colour: random.pick(['red', 'blue']), order: random.whole(1, 50) }),
        }),
      );
    }
  }
  return rows;
}

/** What must be seen of rows: of each identity the first received. */
export function eventsOf(rows: readonly EventRow[]): EventRow[] {
  const first = new Map<string, EventRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.application, row.event_id, row.category, row.name, row.timestamp]);
    const known = first.get(key);
    if (known === undefined || row.received_at < known.received_at) first.set(key, row);
  }
  return [...first.values()].sort((a, b) => a.timestamp - b.timestamp || a.received_at - b.received_at);
}

export function countBy(events: readonly EventRow[], keyOf: (event: EventRow) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const event of events) {
    const key = keyOf(event);
    if (key !== '') counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

export function dataOf({ data }: EventRow): Record<'colour' | 'order', unknown> {
  return JSON.parse(data) as Record<'colour' | 'order', unknown>;
}
