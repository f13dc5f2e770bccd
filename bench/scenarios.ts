import { eventPath } from './traffic/delivery.ts';
import { eventBodies, EVENTS_PER_BODY } from './traffic/event-bodies.ts';
import { HOUR_MS, hourStart } from './traffic/hour.ts';
import type { LoadRequest } from './measure/measure.ts';
import type { DirectTable } from './servers/direct-table.ts';
import { CLICK_SHARE, randomSource, userNames, type AnalyticsEvent } from './traffic/traffic.ts';

/** One row of the benchmark: what is sent where. */
export interface Scenario {
  readonly name: string;
  /** Origin of the server it is sent to. */
  readonly url: string;
  readonly next: () => LoadRequest;
  /** Events in one request, of which the rate is; 1 when it is left out. */
  readonly events?: number;
  /** When not as many as the plan says. */
  readonly connections?: number;
  /** The name of the scenario that its rate is compared with; the first one when it is left out. */
  readonly comparedWith?: string;
  /** Posted to the service meanwhile, this many a second, so that its answers have to change. */
  readonly trickle?: { readonly next: () => AnalyticsEvent; readonly ratePerS: number };
}

/** Where the scenarios find the servers they need. */
export interface Servers {
  readonly reference: string;
  readonly floor: string;
  readonly service: string;
  readonly direct: DirectTable;
}

const BATCHES_DIRECTLY = `ClickHouse directly, ${EVENTS_PER_BODY} rows an insert`;
const ONE_BATCH_AT_A_TIME = { events: EVENTS_PER_BODY, connections: 1, comparedWith: BATCHES_DIRECTLY };
const NDJSON = { 'Content-Type': 'application/x-ndjson' };

/** How many past hours hold data and are asked about: a week. */
export const PAST_HOURS = 168;
const USERS = 10_000;
const TRICKLE_PER_S = 50;

/** The rows of the benchmark. The first is the one the others are compared with. */
export function scenarios({ reference, floor, service, direct }: Servers): readonly [Scenario, ...Scenario[]] {
  const { currentEvent, pastMoment } = benchTraffic();
  const bodies = eventBodies(Date.now());
  const nextBody = () => bodies.next().value;
  return [
    { name: 'reference: Koa, 204, does nothing', url: reference, next: () => postRequest(currentEvent()) },
    {
      name: 'floor: Koa, 204 after write and sync in groups',
      url: floor,
      next: () => postRequest(currentEvent()),
    },
    { name: 'POST /analytics, durable', url: service, next: () => postRequest(currentEvent()) },
    {
      name: 'GET /analytics, current hour',
      url: service,
      next: () => getRequest(Date.now()),
      trickle: { next: currentEvent, ratePerS: TRICKLE_PER_S },
    },
    { name: `GET /analytics, ${PAST_HOURS} past hours`, url: service, next: () => getRequest(pastMoment()) },
    { name: 'ClickHouse directly, async insert', url: direct.url, next: () => direct.insert(currentEvent()) },
    {
      name: BATCHES_DIRECTLY,
      url: direct.url,
      next: () => direct.insertRows(nextBody().rows),
      ...ONE_BATCH_AT_A_TIME,
    },
    {
      name: `POST /events, ${EVENTS_PER_BODY} a body, durable`,
      url: service,
      next: () => ({ method: 'POST', path: '/events', headers: NDJSON, body: nextBody().events }),
      ...ONE_BATCH_AT_A_TIME,
    },
  ];
}

/** The same traffic in every run, apart from the time. Past moments are spread over `PAST_HOURS` hours. */
export function benchTraffic() {
  const random = randomSource(1);
  const users = userNames('bench', USERS, 1);
  const event = (timestampMs: number): AnalyticsEvent => ({
    timestampMs,
    user: users[Math.floor(random() * USERS)] ?? '',
    kind: random() < CLICK_SHARE ? 'click' : 'impression',
  });
  const pastMoment = () => hourStart(Date.now()) - 1 - Math.floor(random() * PAST_HOURS * HOUR_MS);
  return { currentEvent: () => event(Date.now()), pastEvent: () => event(pastMoment()), pastMoment };
}

export function postRequest(event: AnalyticsEvent): LoadRequest {
  return { method: 'POST', path: eventPath(event) };
}

function getRequest(timestampMs: number): LoadRequest {
  return { method: 'GET', path: `/analytics?timestamp=${timestampMs}` };
}
