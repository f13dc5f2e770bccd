import { HOUR_MS, hourStart } from './hour.ts';
import { CLICK_SHARE, type AnalyticsEvent, type Random } from './traffic.ts';

const QUIET_EVENTS_AN_HOUR = 350;
const BUSY_EVENTS_AN_HOUR = 3_000;
/** Before this hour, so that a picture of the day is the same at every hour of the clock. */
const BUSIEST_HOURS_AGO = 5;
/** How much an hour differs from the curve, at most. */
const NOISE = 0.12;

/**
 * The clicks and impressions of a shop: the 23 hours before this one, and this one so far. Quiet at night, busy in the
 * evening, and some users come far more often than others.
 * @param nowMs milliseconds since the epoch
 */
export function* dayOfClicks(random: Random, users: readonly string[], nowMs: number): Generator<AnalyticsEvent> {
  const lastMs = hourStart(nowMs);
  for (let hourMs = lastMs - 23 * HOUR_MS; hourMs <= lastMs; hourMs += HOUR_MS) {
    const lengthMs = Math.min(HOUR_MS, nowMs - hourMs);
    const noise = 1 + NOISE * (2 * random() - 1);
    const perHour = eventsAnHour((lastMs - hourMs) / HOUR_MS);
    const count = Math.round(perHour * noise * (lengthMs / HOUR_MS));
    for (let i = 0; i < count; i += 1) {
      const timestampMs = hourMs + Math.floor(random() * lengthMs);
      const user = oftenTheFirst(random, users);
      yield { timestampMs, user, kind: random() < CLICK_SHARE ? 'click' : 'impression' };
    }
  }
}

function eventsAnHour(hoursAgo: number): number {
  const wave = (1 + Math.cos(((hoursAgo - BUSIEST_HOURS_AGO) / 24) * 2 * Math.PI)) / 2;
  return QUIET_EVENTS_AN_HOUR + BUSY_EVENTS_AN_HOUR * wave ** 1.5;
}

const PRODUCTS = [
  ['Walnut desk lamp', 'Lighting', 89],
  ['Linen duvet cover', 'Bedroom', 129],
  ['Cast iron skillet', 'Kitchen', 45],
  ['Wool throw', 'Living room', 75],
  ['Oak side table', 'Living room', 210],
  ['Ceramic pour-over set', 'Kitchen', 58],
  ['Canvas storage basket', 'Storage', 32],
  ['Brass picture light', 'Lighting', 140],
  ['Cotton bath towel', 'Bathroom', 24],
  ['Terracotta planter', 'Garden', 38],
  ['Reading chair', 'Living room', 480],
  ['Glass carafe', 'Kitchen', 27],
] as const;

/** The texts of so many events, in the last 50 minutes: products that were looked at, some far more than others. */
export function* productViews(
  random: Random,
  users: readonly string[],
  nowMs: number,
  count: number,
): Generator<string> {
  for (let i = 0; i < count; i += 1) {
    const [name, department, price] = PRODUCTS[Math.floor(random() ** 2 * PRODUCTS.length)] ?? PRODUCTS[0];
    const user = oftenTheFirst(random, users);
    yield JSON.stringify({
      session_id: `session of ${user}`,
      user,
      category: 'shop',
      name: 'product viewed',
      timestamp: nowMs - Math.floor(random() * 3_000_000),
      data: { product: { name, department, price } },
    });
  }
}

function oftenTheFirst(random: Random, users: readonly string[]): string {
  return users[Math.floor(random() ** 3 * users.length)] ?? '';
}
