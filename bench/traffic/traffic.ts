import { HOUR_MS, hourStart } from './hour.ts';

/** What `POST /analytics` counts. */
export interface AnalyticsEvent {
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly user: string;
  readonly kind: 'click' | 'impression';
}

/** A number from 0 up to 1, the next of a seeded sequence. */
export type Random = () => number;

/** What share of the traffic, events and questions alike, is about a past hour instead of the current one. */
export const HISTORIC_SHARE = 0.05;
/** How many hours before the current one the historic traffic is spread over. */
export const HISTORIC_HOURS = 24;
export const CLICK_SHARE = 0.2;

/** The same seed gives the same sequence. */
export function randomSource(seed: number): Random {
  let state = seed >>> 0;
  // Mulberry32: one addition, three mixing steps; its period of 2^32 is more than any run takes.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = ['ada', 'bo', 'chen', 'dara', 'emil', 'fatima', 'grace', 'hugo', 'ines', 'jun', 'kofi', 'lena', 'mira'];
const WORDS = ['amber', 'birch', 'coral', 'dune', 'ember', 'fjord', 'grove', 'harbor', 'iris', 'jade', 'lake', 'moss'];

/** `count` different user names that start with `prefix`; the same seed gives the same names. */
export function userNames(prefix: string, count: number, seed: number): string[] {
  const random = randomSource(seed);
  const one = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? '';
  return Array.from({ length: count }, (_, i) => `${prefix}.${i.toString(36)}.${one(NAMES)}_${one(WORDS)}`);
}

/**
 * Events without end. Current events carry the moment they are taken; historic ones a moment in one of the
 * `HISTORIC_HOURS` hours before.
 * @param now milliseconds since the epoch, asked once an event
 */
export function* events(random: Random, users: readonly string[], now: () => number): Generator<AnalyticsEvent, never> {
  for (;;) {
    const timestampMs = moment(random, now());
    const user = users[Math.floor(random() * users.length)] ?? '';
    yield { timestampMs, user, kind: random() < CLICK_SHARE ? 'click' : 'impression' };
  }
}

/** Moments to ask about without end, split between current and past hours like the events. */
export function* questions(random: Random, now: () => number): Generator<number, never> {
  for (;;) yield moment(random, now());
}

function moment(random: Random, nowMs: number): number {
  if (random() >= HISTORIC_SHARE) return nowMs;
  return hourStart(nowMs) - 1 - Math.floor(random() * HISTORIC_HOURS * HOUR_MS);
}
