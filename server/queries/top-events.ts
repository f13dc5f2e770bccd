import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import type { QuestionLimits } from '../clickhouse/query.ts';
import type { DataCondition, DataPath } from '../events/data/data-path.ts';
import { allOf, columnsAre, isWithin } from './sql/conditions.ts';
import { IDENTITY } from './copies.ts';
import { countIdentities, countRows, hoursAround, readCopies, isOfHours } from './copies-of-hours.ts';
import { allHold, paramsOf, textAt, type Expression } from './sql/data-values.ts';
import type { KnownNames } from './event-names.ts';
import type { Counting } from './counted/grown-hours.ts';
import { END_US } from './sql/event-filters.ts';
import { ORDER, placeOf, readShown, ShownValues, type Place } from './shown-values.ts';

/** Columns of an event that events can be counted by. */
export const TOP_COLUMNS = ['name', 'category', 'application', 'session_id', 'user'] as const;
export type TopColumn = (typeof TOP_COLUMNS)[number];

/** Which events are counted, and by what; what is undefined does not matter. */
export interface TopQuestion {
  readonly by: TopColumn | DataPath;
  readonly application?: string | undefined;
  readonly category?: string | undefined;
  readonly name?: string | undefined;
  /** Inclusive; this and the next in whole microseconds since the epoch. */
  readonly fromUs?: number | undefined;
  /** Exclusive. */
  readonly toUs?: number | undefined;
  /** Of the events that share its value, only the latest counts; an event without one stands for itself. */
  readonly unique?: DataPath | undefined;
  /** All of them must hold, for the events that `unique` leaves. */
  readonly where: readonly DataCondition[];
  /** Read from the latest event of each key. */
  readonly show: readonly DataPath[];
  /** Keys of an answer. */
  readonly limit: number;
}

/** A value that events have in common, and how many have it. */
export interface TopKey {
  readonly key: string;
  readonly count: number;
  /** JSON text of each path of `show`, in its order; empty where the latest event of the key has nothing there. */
  readonly shown: readonly string[];
}

const NARROWER = 'a shorter range (from, to or window), a category and name, or fewer paths';

interface Row {
  readonly top_key: string;
  readonly count: string | number;
  readonly latest: Place;
  /** Of the hours that the range touches. */
  readonly raw_rows: string | number;
}

/**
 * The keys with the most events, those with as many in the order of the keys' bytes. Events without a key (an empty
 * column, a path that leads nowhere or to null) are not counted.
 * @param known what the last answer to the same question has shown, for who asks it again and again; it is kept up
 * @throws what `queryRows` throws
 */
export async function readTopEvents(
  using: Omit<Counting, 'bounds'> & { readonly knownNames: KnownNames },
  limits: QuestionLimits,
  question: TopQuestion,
  known: ShownValues = new ShownValues(),
): Promise<TopKey[]> {
  const { nodes } = using;
  const bounds: QueryBounds = { limits, narrower: NARROWER };
  const found = await readKeys({ ...using, bounds }, question, using.knownNames);
  const rows = found.map(({ top_key, ...row }) => ({ ...row, key: top_key }));
  const { show } = question;
  const unknown = show.length === 0 ? [] : rows.filter((row) => !known.has(row));
  const read =
    unknown.length === 0
      ? new Map<string, readonly string[]>()
      : await readShown(nodes, bounds, {
          show,
          key: keyOf(question),
          from: fromEvents(question),
          latest: unknown,
        });
  known.replace(rows.map((row) => [row, read.get(row.key) ?? known.of(row)]));
  return rows.map((row) => ({ key: row.key, count: Number(row.count), shown: known.of(row) }));
}

/**
 * Reads rows as if each were an event. Nearly always they are: then there are as many as identities were counted before,
 * and nothing could have become fewer meanwhile. Otherwise it is asked again, with the copies left out.
 */
async function readKeys(counting: Counting, question: TopQuestion, knownNames: KnownNames): Promise<Row[]> {
  const { nodes, bounds } = counting;
  const hours = hoursAround(question);
  const identities = await countIdentities(counting, question, hours, knownNames);
  const asRows = selectTop(question, rowsAsEvents(question));
  const raw = countRows(question, hours);
  const params = { ...asRows.params, ...raw.params };
  const rows = await queryRows<Row>(nodes, `SELECT *, (${raw.sql}) AS raw_rows FROM (${asRows.sql})`, params, bounds);
  if (Number(rows[0]?.raw_rows) === identities) return rows;
  const { hoursS: copied } = await readCopies(counting, question, hours);
  if (copied.length === 0) return rows;
  const { sql, params: withCopies } = selectTop(question, firstOfCopies(question, copied));
  return await queryRows<Row>(nodes, sql, withCopies, bounds);
}

/** Where events come from, and what is known of each: SQL with the names of `columns`. */
interface Source extends Expression {
  /** NULL for an event without one. */
  readonly key: string;
  /** Whether each `where` holds. */
  readonly holds: string;
  /** The value at `unique`; NULL where there is none. */
  readonly same: string;
  /** See `ORDER`. */
  readonly place: string;
  /** Different for different events. */
  readonly identity: string;
}

/** A hash, because ids may be long. */
const IDENTITY_HASH = `sipHash128(${IDENTITY})`;

function rowsAsEvents(question: TopQuestion): Source {
  const { key, holds, same } = expressionsOf(question);
  const events = fromEvents(question);
  return {
    sql: events.sql,
    params: paramsOf([events, key, holds, same]),
    key: key.sql,
    holds: holds.sql,
    same: same.sql,
    place: ORDER,
    identity: IDENTITY_HASH,
  };
}

/** Rows, and of the hours that have copies the first received of each identity. */
function firstOfCopies(question: TopQuestion, copied: readonly number[]): Source {
  const { key, holds, same } = expressionsOf(question);
  const events = fromEvents(question);
  const hours = isOfHours(copied);
  const values = `(${key.sql}, ${holds.sql}, ${same.sql})`;
  return {
    sql: `
      FROM (
        SELECT ${values} AS of_event, ${ORDER} AS event_place, ${IDENTITY_HASH} AS identity
        ${events.sql} AND NOT (${hours.sql})
        UNION ALL
        SELECT
          argMin(${values}, received_at),
          (toUnixTimestamp64Micro(timestamp), toUnixTimestamp64Micro(min(received_at)), event_id),
          ${IDENTITY_HASH}
        ${events.sql} AND ${hours.sql}
        GROUP BY ${IDENTITY}
      )`,
    params: paramsOf([events, key, holds, same, hours]),
    key: 'of_event.1',
    holds: 'of_event.2',
    same: 'of_event.3',
    place: 'event_place',
    identity: 'identity',
  };
}

function expressionsOf({ by, where, unique }: TopQuestion) {
  return {
    key: keyOf({ by }),
    holds: allHold(where),
    same: unique === undefined ? { sql: 'NULL', params: {} } : textAt(unique, 'unique'),
  };
}

/**
 * One level of grouping over `events` itself, and not over a subquery of it: on a cluster each shard then groups its own
 * events and sends groups, where it would otherwise send every event.
 */
function selectTop({ unique, show, limit }: TopQuestion, source: Source): Expression {
  const { sql, key, holds, place } = unique === undefined ? source : latestOf(source);
  return {
    // Without `show` nothing needs to be known of the latest event, and its columns are not read.
    sql: `
      SELECT ${key} AS top_key, count() AS count, ${show.length === 0 ? "(0, 0, '')" : placeOf(`max(${place})`)} AS latest
      ${sql}
      WHERE ${holds} AND top_key IS NOT NULL
      GROUP BY top_key
      ORDER BY count DESC, top_key
      LIMIT {limit:UInt32}`,
    params: { limit, ...source.params },
  };
}

function keyOf({ by }: Pick<TopQuestion, 'by'>): Expression {
  return typeof by === 'string' ? { sql: `nullIf(${by}, '')`, params: {} } : textAt(by, 'by');
}

/** The filters go into PREWHERE, so that `data`, the largest column by far, is read for the events that match alone. */
function fromEvents({ application, category, name, fromUs = 0, toUs = END_US }: TopQuestion): Expression {
  const { sql, params } = allOf([
    ...columnsAre({ application, category, name }),
    isWithin('timestamp', { fromUs, toUs }),
  ]);
  return { sql: `FROM events PREWHERE ${sql}`, params };
}

/** The latest event of each value of `unique`. An event without one stands for itself. */
function latestOf({ sql, key, holds, same, place, identity }: Source) {
  const from = `
      FROM (
        SELECT argMax((${key}, ${holds}), ${place}) AS latest_event, max(${place}) AS latest_place
        ${sql}
        GROUP BY ${same} AS same_value, if(same_value IS NULL, ${identity}, toFixedString('', 16))
      )`;
  return { sql: from, key: 'latest_event.1', holds: 'latest_event.2', place: 'latest_place' };
}
