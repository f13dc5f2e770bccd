import { TupleParam } from '@clickhouse/client';
import { queryRows } from '../../clickhouse/query.ts';
import type { Counting } from '../counted/grown-hours.ts';
import { jsonInData, textInData } from '../sql/data-paths.ts';
import { columnFilters } from '../sql/event-filters.ts';
import type { TopQuestion } from './top-events.ts';

/** When an event happened, when it arrived, and a hash of its id, which may be too long for a list of parameters. */
export type Place = readonly [timestampUs: number, receivedAtUs: number, idHash: string];

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

  /** Undefined for a key that is not known, or not with this event. */
  of(row: LatestOfKey): readonly string[] | undefined {
    return this.#values.get(identityOf(row));
  }

  replace(values: readonly (readonly [LatestOfKey, readonly string[]])[]): void {
    this.#values = new Map(values.map(([row, shown]) => [identityOf(row), shown]));
  }
}

function identityOf({ key, latest }: LatestOfKey): string {
  return JSON.stringify([key, ...latest]);
}

/**
 * What is shown of each of these keys, as JSON text in the order of `show`; empty where there is nothing.
 * @param known what was shown before; it is kept up
 * @throws what `queryRows` throws
 */
export async function showLatest(
  counting: Pick<Counting, 'nodes' | 'bounds'>,
  question: TopQuestion,
  latest: readonly LatestOfKey[],
  known: ShownValues,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const unknown = latest.filter((row) => known.of(row) === undefined);
  const read = unknown.length === 0 ? new Map<string, never>() : await readShown(counting, question, unknown);
  const shown = latest.map((row): [LatestOfKey, readonly string[]] => [row, read.get(row.key) ?? known.of(row) ?? []]);
  known.replace(shown);
  return new Map(shown.map(([{ key }, values]) => [key, values]));
}

interface Row {
  readonly top_key: string;
  readonly shown: readonly string[];
}

/**
 * A query of its own, because each path costs as much as all of `data` is long: to read five of them for every event
 * took four times as long as to count 400,000 events, and to read them for the latest ones takes next to nothing. Events
 * never change, so both queries tell of the same ones.
 */
async function readShown(
  { nodes, bounds }: Pick<Counting, 'nodes' | 'bounds'>,
  { by, show, ...filters }: TopQuestion,
  latest: readonly LatestOfKey[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { application, category, name, fromUs, toUs } = filters;
  const { sql, params } = columnFilters({ application, category, name, fromUs, toUs });
  // The keys themselves are no parameters: they may be as long as an event.
  const query = `
    SELECT ${typeof by === 'string' ? `toString(${by})` : textInData(by)} AS top_key, [${show.map(jsonInData).join(', ')}] AS shown
    FROM events PREWHERE ${sql} AND toUnixTimestamp64Micro(timestamp) IN {times:Array(Int64)}
    WHERE top_key IS NOT NULL AND ${placeOf(ORDER)} IN {places:Array(Tuple(Int64, Int64, String))}
    ORDER BY ${ORDER} DESC
    LIMIT 1 BY top_key`;
  const asked = {
    ...params,
    times: latest.map(({ latest: [timestampUs] }) => timestampUs),
    places: latest.map(({ latest }) => new TupleParam(latest)),
  };
  const rows = await queryRows<Row>(nodes, query, asked, bounds);
  return new Map(rows.map((row) => [row.top_key, row.shown]));
}
