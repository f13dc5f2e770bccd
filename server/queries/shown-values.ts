import { TupleParam } from '@clickhouse/client';
import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import type { DataPath } from '../events/data/data-path.ts';
import { jsonOfEach, paramsOf, type Expression } from './sql/data-values.ts';

/** When an event happened, when it arrived, and a hash of its id, which may be too long for a list of parameters. */
export type Place = readonly [timestampUs: string | number, receivedAtUs: string | number, idHash: string];

/** What orders events from the earliest to the latest, in SQL. */
export const ORDER = '(toUnixTimestamp64Micro(timestamp), toUnixTimestamp64Micro(received_at), event_id)';

/** The `Place` of an `ORDER`, in SQL. */
export function placeOf(order: string): string {
  return `(${order}.1, ${order}.2, toString(sipHash64(${order}.3)))`;
}

/** A key, and the event that its values are read from. */
export interface LatestOfKey {
  readonly key: string;
  readonly latest: Place;
}

/**
 * The values that the last answer to a question has shown. Events never change, so they are the same in the next answer
 * for every key whose latest event is the same, and need not be read again.
 */
export class ShownValues {
  #values: ReadonlyMap<string, readonly string[]> = new Map();

  has(row: LatestOfKey): boolean {
    return this.#values.has(identityOf(row));
  }

  /** Empty for a key that is not known, or not with this event. */
  of(row: LatestOfKey): readonly string[] {
    return this.#values.get(identityOf(row)) ?? [];
  }

  replace(values: readonly (readonly [LatestOfKey, readonly string[]])[]): void {
    this.#values = new Map(values.map(([row, shown]) => [identityOf(row), shown]));
  }
}

function identityOf({ key, latest }: LatestOfKey): string {
  return JSON.stringify([key, ...latest.map(String)]);
}

export interface ShownQuestion {
  readonly show: readonly DataPath[];
  /** What the keys were counted by. */
  readonly key: Expression;
  /** `FROM events PREWHERE ...`: where the events are. */
  readonly from: Expression;
  /** The keys, and of each the event to read. */
  readonly latest: readonly LatestOfKey[];
}

interface Row {
  readonly top_key: string;
  readonly shown: readonly string[];
}

/**
 * The values to be shown of each key, as JSON text in the order of `show`; empty where there is nothing.
 *
 * A query of its own, because each path costs as much as all of `data` is long: to read five of them for every event
 * took four times as long as to count 400,000 events, and to read them for the latest ones takes next to nothing. Events
 * never change, so both queries tell of the same ones.
 * @throws what `queryRows` throws
 */
export async function readShown(
  nodes: Nodes,
  bounds: QueryBounds,
  { show, key, from, latest }: ShownQuestion,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const shown = jsonOfEach(show, 'show');
  // The keys themselves are no parameters: they may be as long as an event.
  const query = `
    SELECT ${key.sql} AS top_key, ${shown.sql} AS shown
    ${from.sql} AND toUnixTimestamp64Micro(timestamp) IN {times:Array(Int64)}
    WHERE top_key IS NOT NULL AND ${placeOf(ORDER)} IN {places:Array(Tuple(Int64, Int64, String))}
    ORDER BY ${ORDER} DESC
    LIMIT 1 BY top_key`;
  const places = latest.map(({ latest: [timestampUs, receivedAtUs, idHash] }) => [
    Number(timestampUs),
    Number(receivedAtUs),
    idHash,
  ]);
  const params = {
    ...paramsOf([key, from, shown]),
    times: places.map(([timestampUs]) => timestampUs),
    places: places.map((place) => new TupleParam(place)),
  };
  const rows = await queryRows<Row>(nodes, query, params, bounds);
  return new Map(rows.map((row) => [row.top_key, row.shown]));
}
