import type { Random } from './traffic.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What a visit may lead to, how often it does, and how long that takes at most. */
const STEPS = [
  { name: 'product viewed', chance: 0.86, withinMs: 240_000 },
  { name: 'added to cart', chance: 0.38, withinMs: 420_000 },
  { name: 'checkout', chance: 0.58, withinMs: 300_000 },
  { name: 'purchase', chance: 0.71, withinMs: 240_000 },
] as const;

const PLANS = [
  ['free', 0.62],
  ['pro', 0.3],
  ['team', 0.08],
] as const;

const SOURCES = ['search', 'newsletter', 'direct', 'instagram', 'partner'] as const;

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
] as const;

export interface Shop {
  readonly days: number;
  readonly visitsADay: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * The events of a shop, as the texts of `POST /events`, visit by visit: people come back, look, and some of them buy; new
 * ones sign up for a plan. It grows a little from week to week, sleeps at night, and is quieter on weekends.
 */
export function* shopEvents(random: Random, { days, visitsADay, nowMs }: Shop): Generator<string> {
  const firstMs = Math.floor(nowMs / DAY_MS) * DAY_MS - (days - 1) * DAY_MS;
  let users = Math.round(visitsADay * 0.8);
  let made = 0;
  for (let dayMs = firstMs; dayMs <= nowMs; dayMs += DAY_MS) {
    const weekday = new Date(dayMs).getUTCDay();
    const growth = 1 + 0.4 * ((dayMs - firstMs) / (days * DAY_MS));
    const visits = visitsADay * growth * (weekday === 0 || weekday === 6 ? 0.7 : 1) * (0.92 + 0.16 * random());
    for (let visit = 0; visit < visits; visit += 1) {
      const startMs = dayMs + timeOfDay(random);
      const isNew = random() < 0.16;
      if (isNew) users += 1;
      const user = `user-${isNew ? users : 1 + Math.floor(random() ** 2 * users)}`;
      const session = `${user}-${(made += 1)}`;
      for (const event of visitOf(random, { startMs, user, session, isNew })) {
        if (event.timestamp < nowMs) yield JSON.stringify(event);
      }
    }
  }
}

interface Visit {
  readonly startMs: number;
  readonly user: string;
  readonly session: string;
  readonly isNew: boolean;
}

function* visitOf(random: Random, { startMs, user, session, isNew }: Visit) {
  const plan = planOf(user);
  const common = { category: 'shop', user, session_id: session };
  const source = SOURCES[Math.floor(random() ** 1.6 * SOURCES.length)] ?? SOURCES[0];
  let timestamp = startMs;
  const at = (name: string, data: object) => ({ ...common, name, timestamp, data });
  yield at('page viewed', { path: '/', source, plan });
  if (isNew) {
    timestamp += 1 + Math.floor(random() * 120_000);
    yield { ...at('signup', { plan, source }), category: 'account' };
  }
  const [product, department, price] = PRODUCTS[Math.floor(random() ** 1.7 * PRODUCTS.length)] ?? PRODUCTS[0];
  for (const { name, chance, withinMs } of STEPS) {
    if (random() > chance) return;
    timestamp += 1 + Math.floor(random() * withinMs);
    yield at(name, {
      product: { name: product, department, price },
      plan,
      ...(name === 'purchase' && { amount: price }),
    });
  }
}

/** Always the same of a user. */
function planOf(user: string): string {
  let left = (Number(user.slice(5)) * 0.618_034) % 1;
  for (const [plan, share] of PLANS) {
    if (left < share) return plan;
    left -= share;
  }
  return PLANS[0][0];
}

/** Few at night, most in the early evening. */
function timeOfDay(random: Random): number {
  for (;;) {
    const hour = random() * 24;
    if (random() < 0.06 + 0.94 * ((1 + Math.cos(((hour - 19) / 24) * 2 * Math.PI)) / 2) ** 1.3) return hour * HOUR_MS;
  }
}
