import { accepted } from './parsed-event.ts';
import type { Random } from './random.ts';
import type { EventRow } from '../clickhouse/insert-events.ts';

/** A row of `events` with the shape that the service would give it, or without. */
export interface MadeRow extends EventRow {
  readonly shape: string;
}

const VALUES = [
  '1',
  '1.0',
  '"1"',
  'true',
  'null',
  '"x"',
  '"y"',
  '{}',
  '[1, "a"]',
  '{"b":null}',
  '"2024-01-01T00:00:00Z"',
];

/**
 * Rows of a category, of an hour and a half: with ties in time, payloads of all types, copies that came later and may say
 * something else in their payload, and some rows that questions must read from the text.
 */
export function madeRows(random: Random, category: string, fromUs: number, count: number): MadeRow[] {
  const rows = Array.from({ length: count }, (_, n) => {
    const timestamp = fromUs + random.whole(0, 30) * 180_000_000 + random.whole(0, 1);
    return {
      timestamp,
      received_at: timestamp + random.whole(0, 5) * 1_000_000,
      event_id: `${category} ${n}`,
      application: random.pick(['', 'shop']),
      session_id: random.pick(['', 's1', 's2', 's3']),
      user: random.pick(['', 'ada', 'bob', 'cyd', 'dan']),
      category,
      name: random.pick(['view', 'cart', 'buy']),
      ...payload(random),
    };
  });
  const copies = rows
    .filter(() => random.isTrue(0.2))
    .map((row) => ({
      ...row,
      received_at: row.received_at + 10_000_000,
      ...(random.isTrue(0.5) ? payload(random) : {}),
    }));
  return random.shuffled([...rows, ...copies]);
}

function payload(random: Random): { readonly data: string; readonly shape: string } {
  const members = [`"a":${random.pick(VALUES)}`, `"b":{"c":${random.pick(VALUES)}}`, `"id":${random.whole(0, 9)}`];
  const data = `{${members.filter(() => random.isTrue(0.8)).join(', ')}}`;
  const { shape = '' } = accepted(`{"name":"n","data":${data}}`);
  return { data, shape: random.isTrue(0.1) ? '' : shape };
}
