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
  /** Who works for it: the process that answers, then those behind it. */
  readonly processes: readonly [Process, ...Process[]];
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

/** Of an engine that is started again, another one each time. */
export interface Process {
  readonly pid: number;
}

interface Answering extends Process {
  readonly url: string;
}

/** Where the scenarios find the servers they need. */
export interface Servers {
  readonly reference: Answering;
  readonly floor: Answering;
  /** Koa before Redis, and Redis; left out where it is not installed. */
  readonly streams?: { readonly server: Answering; readonly redis: Process };
  readonly service: Answering;
  readonly direct: DirectTable;
  readonly engine: Process;
}

export const POST_ANALYTICS = 'POST /analytics, durable';
export const REDIS_STREAMS = 'instead: Koa, Redis Streams, appendfsync always';

const BATCHES_DIRECTLY = `instead: ClickHouse directly, ${EVENTS_PER_BODY} rows an insert`;
const ONE_BATCH_AT_A_TIME = { events: EVENTS_PER_BODY, connections: 1, comparedWith: BATCHES_DIRECTLY };
const NDJSON = { 'Content-Type': 'application/x-ndjson' };

/** How many past hours hold data and are asked about: a week. */
export const PAST_HOURS = 168;
const USERS = 10_000;
const TRICKLE_PER_S = 50;

/** The rows of the benchmark. The first is the one the others are compared with. */
export function scenarios(servers: Servers): readonly [Scenario, ...Scenario[]] {
  const { reference, floor, streams, service, direct, engine } = servers;
  const { currentEvent, pastMoment } = benchTraffic();
  const bodies = eventBodies(Date.now());
  const nextBody = () => bodies.next().value;
  const post = () => postRequest(currentEvent());
  return [
    { name: 'reference: Koa, 204, does nothing', ...of(reference), next: post },
    { name: 'floor: Koa, 204 after write and sync in groups', ...of(floor), next: post },
    ...(streams === undefined ? [] : [{ name: REDIS_STREAMS, ...of(streams.server, streams.redis), next: post }]),
    { name: POST_ANALYTICS, ...of(service, engine), next: post },
    {
      name: 'GET /analytics, current hour',
      ...of(service, engine),
      next: () => getRequest(Date.now()),
      trickle: { next: currentEvent, ratePerS: TRICKLE_PER_S },
    },
    {
      name: `GET /analytics, ${PAST_HOURS} past hours`,
      ...of(service, engine),
      next: () => getRequest(pastMoment()),
    },
    {
      name: 'instead: ClickHouse directly, async insert',
      url: direct.url,
      processes: [engine],
      next: () => direct.insert(currentEvent()),
    },
    {
      name: BATCHES_DIRECTLY,
      url: direct.url,
      processes: [engine],
      next: () => direct.insertRows(nextBody().rows),
      ...ONE_BATCH_AT_A_TIME,
    },
    {
      name: `POST /events, ${EVENTS_PER_BODY} a body, durable`,
      ...of(service, engine),
      next: () => ({ method: 'POST', path: '/events', headers: NDJSON, body: nextBody().events }),
      ...ONE_BATCH_AT_A_TIME,
    },
  ];
}

function of(server: Answering, ...behind: readonly Process[]): Pick<Scenario, 'url' | 'processes'> {
  return { url: server.url, processes: [server, ...behind] };
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
