import { eventPath } from './delivery.ts';
import { HOUR_MS, hourStart } from './hour.ts';
import type { LoadRequest } from './measure.ts';
import type { DirectTable } from './direct-table.ts';
import { randomSource, userNames, type AnalyticsEvent } from './traffic.ts';

/** One row of the benchmark: what is sent where. */
export interface Scenario {
  readonly name: string;
  /** Origin of the server it is sent to. */
  readonly url: string;
  readonly next: () => LoadRequest;
  /** Posted to the service meanwhile, this many a second, so that its answers have to change. */
  readonly trickle?: { readonly next: () => AnalyticsEvent; readonly ratePerS: number };
}

/** Where the scenarios find the servers they need. */
export interface Servers {
  readonly reference: string;
  readonly service: string;
  readonly direct: DirectTable;
}

/** How many past hours hold data and are asked about: a week. */
export const PAST_HOURS = 168;
const USERS = 10_000;
const TRICKLE_PER_S = 50;

/** The rows of the benchmark. The first is the one the others are compared with. */
export function scenarios({ reference, service, direct }: Servers): readonly [Scenario, ...Scenario[]] {
  const { currentEvent, pastHour } = benchTraffic();
  const post = (event: AnalyticsEvent): LoadRequest => ({ method: 'POST', path: eventPath(event) });
  const get = (timestampMs: number): LoadRequest => ({ method: 'GET', path: `/analytics?timestamp=${timestampMs}` });
  return [
    { name: 'reference: Koa, 204, does nothing', url: reference, next: () => post(currentEvent()) },
    { name: 'POST /analytics, durable', url: service, next: () => post(currentEvent()) },
    {
      name: 'GET /analytics, current hour',
      url: service,
      next: () => get(Date.now()),
      trickle: { next: currentEvent, ratePerS: TRICKLE_PER_S },
    },
    { name: `GET /analytics, ${PAST_HOURS} past hours`, url: service, next: () => get(pastHour()) },
    { name: 'ClickHouse directly, async insert', url: direct.url, next: () => direct.insert(currentEvent()) },
  ];
}

/** The same traffic in every run, apart from the time. */
export function benchTraffic() {
  const random = randomSource(1);
  const users = userNames('bench', USERS, 1);
  const event = (timestampMs: number): AnalyticsEvent => ({
    timestampMs,
    user: users[Math.floor(random() * USERS)] ?? '',
    kind: random() < 0.2 ? 'click' : 'impression',
  });
  const pastHour = () => hourStart(Date.now()) - 1 - Math.floor(random() * PAST_HOURS * HOUR_MS);
  return { currentEvent: () => event(Date.now()), pastEvent: () => event(pastHour()), pastHour };
}
