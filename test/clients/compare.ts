import { isDeepStrictEqual } from 'node:util';
import type { Listed } from '../support/http/listed.ts';
import type { Driver, Sent } from './drivers/sent.ts';
import { MARKER, type Fault, type FaultProxy } from './fault-proxy.ts';

/** What a service has of what it was sent. */
export interface Stored {
  readonly events: readonly Listed[];
  /** The texts of what it rejected. */
  readonly rejected: readonly string[];
}

/** What became of the events that a client was told to send. */
export interface Outcome {
  readonly sent: number;
  /** Those of which the client was told that they were taken. */
  readonly delivered: number;
  readonly stored: number;
  /** Those that are valid, and neither delivered nor stored: the client gave them up, or went with its page. */
  readonly givenUp: number;
  readonly rejected: number;
  /** Delivered, and not there: there must be none. */
  readonly lost: readonly string[];
  /** There more than once, or not as they were sent, or answered in a way that the client does not expect. */
  readonly wrong: readonly string[];
  readonly faults: ReadonlyMap<Fault, number>;
  readonly sentAgain: number;
}

/** Compares what was sent with what is there. */
export function compare(
  sent: readonly Sent[],
  { events, rejected }: Stored,
  proxy: Pick<FaultProxy, 'delivered' | 'faults' | 'answers' | 'sentAgain'>,
  driver: Pick<Driver, 'category' | 'answers'>,
): Outcome {
  const { delivered, faults } = proxy;
  const stored = byMarker(events);
  const refused = new Set(rejected.flatMap(markersIn));
  const lost: string[] = [];
  const wrong = [...proxy.answers.keys()]
    .filter((status) => !driver.answers.includes(status))
    .map((status) => `answered ${status}, expected one of ${driver.answers.join(', ')}`);
  for (const event of sent) {
    const { marker, isValid } = event;
    const [found, ...more] = stored.get(marker) ?? [];
    const isThere = isValid ? found !== undefined : refused.has(marker);
    if (delivered.has(marker) && !isThere) lost.push(marker);
    if (isValid && refused.has(marker)) wrong.push(`${marker} is among the rejected`);
    if (!isValid && found !== undefined) wrong.push(`${marker} is stored, expected it among the rejected`);
    if (more.length > 0) wrong.push(`${marker} is there ${more.length + 1} times`);
    if (found !== undefined) wrong.push(...differences(event, found, driver.category));
  }
  return {
    sent: sent.length,
    delivered: delivered.size,
    stored: stored.size,
    givenUp: sent.filter(({ marker, isValid }) => isValid && !delivered.has(marker) && !stored.has(marker)).length,
    rejected: refused.size,
    lost,
    wrong,
    faults,
    sentAgain: proxy.sentAgain(),
  };
}

function byMarker(events: readonly Listed[]): ReadonlyMap<string, readonly Listed[]> {
  const found = new Map<string, Listed[]>();
  for (const event of events) {
    for (const marker of markersIn(JSON.stringify(event.data))) {
      found.set(marker, [...(found.get(marker) ?? []), event]);
    }
  }
  return found;
}

function markersIn(text: string): readonly string[] {
  return text.match(MARKER) ?? [];
}

/** In what a stored event is not the one that was sent. */
function differences(sent: Sent, stored: Listed, category: string): readonly string[] {
  const { marker, name, user, session, timestamp, payload } = sent;
  const expected = [category, name, user, session, timestamp.getTime()].join(' | ');
  const { category: storedCategory, name: storedName, user: storedUser, session_id: storedSession } = stored;
  const received = [storedCategory, storedName, storedUser, storedSession, Date.parse(stored.timestamp)].join(' | ');
  const wrong = received === expected ? [] : [`${marker}: received ${received}, expected ${expected}`];
  const data = stored.data as Readonly<Record<string, unknown>>;
  const properties = (data['properties'] ?? data) as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(payload)) {
    if (isDeepStrictEqual(properties[key], value)) continue;
    wrong.push(`${marker}: received ${key} ${JSON.stringify(properties[key])}, expected ${JSON.stringify(value)}`);
  }
  return wrong;
}
