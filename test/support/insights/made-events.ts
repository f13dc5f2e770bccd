import type { EventRow } from '../clickhouse/insert-events.ts';
import { eventRow } from '../clickhouse/insert-events.ts';
import type { Random } from '../events/random.ts';

const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;
const DAY_US = 24 * HOUR_US;

/** Time zones, and the days around which their clocks are set, or nothing happens. */
export const ZONES: Readonly<Record<string, readonly string[]>> = {
  UTC: ['2024-02-29', '1970-01-03'],
  'Europe/Berlin': ['2024-03-31', '2023-10-29', '1980-04-06', '2022-12-31'],
  'America/New_York': ['2024-03-10', '2023-11-05', '1974-01-06'],
  'Asia/Kolkata': ['2024-05-17', '2023-01-01'],
  'Australia/Lord_Howe': ['2024-04-07', '2023-10-01', '1981-03-01'],
};

/** A row as the service stores it: what is at its paths can be read from the typed column where it has a shape. */
export interface MadeRow extends EventRow {
  readonly shape: string;
}

/** Events around one day, and the rows in which they came: late, several at one moment, and up to three times. */
export interface EventSet {
  readonly zone: string;
  /** The beginning of that day in UTC, and how far the events are from it; whole microseconds. */
  readonly dayUs: number;
  readonly spreadUs: number;
  readonly rows: readonly MadeRow[];
}

export const NAMES = ['a', 'b', 'c'];
export const CATEGORIES = ['x', 'y'];
export const APPLICATIONS = ['', 'shop', 'blog'];
const PEOPLE = ['', 'u1', 'u2', 'u3', 'ü4'];
const PAYLOADS = [
  '{"plan":"free"}',
  '{"plan":"pro","deep":{"n":1}}',
  '{"plan":null}',
  '{"plan":7}',
  '{"plan":["free"]}',
  '{"plan":{"free":1}}',
  '{}',
];

/** @param copiesNameOthers whether a copy may name another user and session than the first received does */
export function madeEvents(random: Random, set: number, size: number, copiesNameOthers: boolean): EventSet {
  const zone = random.pick(Object.keys(ZONES));
  const dayUs = Date.parse(random.pick(ZONES[zone] ?? [])) * 1000;
  const spreadUs = random.pick([HOUR_US, 6 * HOUR_US, 2 * DAY_US, 2 * DAY_US, 40 * DAY_US]);
  const rows: MadeRow[] = [];
  const times: number[] = [];
  for (let index = 0; index < size; index += 1) {
    const timestamp = timeOf(random, { dayUs, spreadUs }, times);
    times.push(timestamp);
    const identity = {
      event_id: `${set}-${random.whole(0, size / 2)}`,
      timestamp,
      application: random.pick(APPLICATIONS),
      category: random.pick(CATEGORIES),
      name: random.pick(NAMES),
      ...someone(random),
    };
    const receivedUs = timestamp + random.whole(0, DAY_US);
    for (let copy = 0; copy < random.pick([1, 1, 1, 2, 3]); copy += 1) {
      const named = copiesNameOthers ? { ...identity, ...someone(random) } : identity;
      rows.push(rowOf(random, named, receivedUs + copy));
    }
  }
  return { zone, dayUs, spreadUs, rows: copiesNameOthers ? apart(rows) : consistent(rows) };
}

function someone(random: Random): Pick<EventRow, 'user' | 'session_id'> {
  return { user: random.pick(PEOPLE), session_id: random.pick(['', 's1', 's2', 's3']) };
}

function timeOf(
  random: Random,
  { dayUs, spreadUs }: Pick<EventSet, 'dayUs' | 'spreadUs'>,
  before: readonly number[],
): number {
  if (before.length > 0 && random.isTrue(0.25)) return random.pick(before);
  const us = Math.max(0, dayUs + random.whole(-spreadUs, spreadUs));
  if (random.isTrue(0.6)) return us;
  const unitUs = random.pick([SECOND_US, 60 * SECOND_US, HOUR_US / 2, HOUR_US]);
  return Math.floor(us / unitUs) * unitUs + random.pick([0, 0, -1]) + (us < unitUs ? 1 : 0);
}

function rowOf(random: Random, identity: Partial<EventRow>, receivedUs: number): MadeRow {
  const data = random.pick(PAYLOADS);
  const shape = data.includes('[') || data.includes(':{') ? ',plan,deep,' : ',';
  return { ...eventRow({ ...identity, received_at: receivedUs, data }), shape: random.isTrue(0.7) ? shape : '' };
}

/** Of several that were received at one moment none is the first. */
function apart(rows: readonly MadeRow[]): MadeRow[] {
  return rows.map((row, index) => ({ ...row, received_at: row.received_at + index * SECOND_US }));
}

/** Rows with one identity differ in their payloads alone; who sends an event again does not make it another's. */
function consistent(rows: readonly MadeRow[]): MadeRow[] {
  const first = new Map<string, MadeRow>();
  return rows.map((row) => {
    const key = JSON.stringify([row.application, row.event_id, row.category, row.name, row.timestamp]);
    const { user, session_id } = first.get(key) ?? row;
    if (!first.has(key)) first.set(key, row);
    return { ...row, user, session_id };
  });
}
