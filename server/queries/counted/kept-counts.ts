import { EACH_INSERT } from '../../clickhouse/insert-settings.ts';
import type { Nodes } from '../../clickhouse/nodes.ts';
import { endingWith, queryRows } from '../../clickhouse/query.ts';
import { HOUR_S } from '../../common/units.ts';
import {
  ALL_HOURS,
  countedNow,
  eventsOfGrown,
  grownHours,
  hoursAre,
  keyOfKind,
  readGrown,
  versionOf,
  type Counting,
  type HoursBetween,
  type KindOfEvent,
  type PieceLimits,
  type Selection,
} from './grown-hours.ts';

/** About so much is counted by one query. */
export const PIECE: PieceLimits = { keys: 20_000, rows: 5_000_000 };

/** So many names are named in a query. */
const NAMES_AT_ONCE = 100;

/** An hour is kept when it has been over for so long: before that it would be in vain. */
const SETTLED_MS = 60_000;

/**
 * Counts hours that are over and have grown since they were counted, and keeps the numbers beside their sets, so that
 * nobody has to merge those again. An INSERT reaches `minutes` and `hours` one after the other, and a crash may come
 * between; so a number is kept only where both have as many rows.
 *
 * Nothing depends on it but time: what is not kept is counted by whoever asks.
 * @throws what `queryRows` and the INSERT throw
 */
export async function keepCounts(
  counting: Counting,
  selection: Selection,
  hours: HoursBetween,
  limits: PieceLimits = PIECE,
): Promise<void> {
  const toS = Math.min(hours.toS, settledS(counting));
  for (let { fromS } = hours; fromS < toS;) {
    const piece = await readGrown(counting, selection, { fromS, toS }, limits);
    if (piece.keys === 0) return;
    await keepPiece(counting, selection, piece);
    fromS = piece.toS;
  }
}

/** Which hours are over for long enough: those before this, in seconds since the epoch. */
export function settledS({ nowMs }: Pick<Counting, 'nowMs'>): number {
  return Math.floor((nowMs() - SETTLED_MS) / 1000 / HOUR_S) * HOUR_S;
}

/**
 * Keeps the counts of all hours, again and again: each time of the names alone that have grown since the last, and of all
 * when another hour is over.
 * @param countingUntil for who works until the signal is aborted
 */
export function countKeeper(countingUntil: (signal: AbortSignal) => Counting): (signal: AbortSignal) => Promise<void> {
  let kept: ReadonlyMap<string, string> = new Map();
  let keptToS = 0;
  return async (signal) => {
    const counting = countingUntil(signal);
    const toS = settledS(counting);
    if (toS !== keptToS) kept = new Map();
    const names = await versionsOfNames(counting);
    const grown = names.filter((name) => kept.get(keyOfKind(name)) !== name.version);
    for (let at = 0; at < grown.length; at += NAMES_AT_ONCE) {
      await keepCounts(counting, { kinds: grown.slice(at, at + NAMES_AT_ONCE) }, ALL_HOURS);
    }
    kept = new Map(names.map((name) => [keyOfKind(name), name.version]));
    keptToS = toS;
  };
}

interface NameRow extends KindOfEvent {
  readonly version: string;
}

async function versionsOfNames({ nodes, bounds }: Counting): Promise<NameRow[]> {
  const query = `SELECT category, name, ${versionOf('hour', 'rows')} AS version FROM hours GROUP BY category, name`;
  return await queryRows<NameRow>(nodes, query, {}, bounds);
}

async function keepPiece(
  { nodes, ingestNodes, bounds }: Counting,
  selection: Selection,
  hours: HoursBetween,
): Promise<void> {
  const { sql, params } = hoursAre(selection, hours);
  const query = `
    SELECT toString(hour) AS hour, application, category, name, toString(${countedNow('total', 'events')}) AS counted
    FROM (${grownHours(sql)}) AS grown
    GLOBAL INNER JOIN (${eventsOfGrown(sql)}) AS events_of_grown USING (hour, application, category, name)
    WHERE total = received`;
  const bound = { ...params, grown_from_s: hours.fromS, grown_to_s: hours.toS };
  await insertCounts(ingestNodes, await queryRows<KeptRow>(nodes, query, bound, bounds));
}

interface KeptRow {
  readonly hour: string;
  readonly application: string;
  readonly category: string;
  readonly name: string;
  readonly counted: string;
}

async function insertCounts(ingest: Nodes, values: readonly KeptRow[]): Promise<void> {
  if (values.length === 0) return;
  await ingest.use(async (client, signal) =>
    client.insert({
      ...endingWith(signal),
      table: 'hours',
      columns: ['hour', 'application', 'category', 'name', 'counted'],
      values,
      format: 'JSONEachRow',
      // Of a cluster any shard may keep it, once it is there: the largest of all is what counts.
      clickhouse_settings: {
        ...EACH_INSERT,
        distributed_foreground_insert: 1,
        insert_distributed_one_random_shard: 1,
      },
    }),
  );
}
