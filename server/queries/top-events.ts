import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, type QueryBounds } from '../clickhouse/query.ts';
import type { QuestionLimits } from '../config.ts';
import type { DataCondition, DataPath } from '../events/data-path.ts';
import { allOf, columnsAre, isWithin } from './conditions.ts';
import { allHold, paramsOf, textAt, type Expression } from './data-values.ts';
import { END_US } from './events-page.ts';
import { ORDER, placeOf, readShown, ShownValues, type Place } from './shown-values.ts';

/** Columns of an event that events can be counted by. */
export const TOP_COLUMNS = ['name', 'category', 'session_id', 'user'] as const;
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
}

/**
 * The keys with the most events, those with as many in the order of the keys' bytes. Events without a key (an empty
 * column, a path that leads nowhere or to null) are not counted.
 * @param known what the last answer to the same question has shown, for who asks it again and again; it is kept up
 * @throws what `queryRows` throws
 */
export async function readTopEvents(
  nodes: Nodes,
  limits: QuestionLimits,
  question: TopQuestion,
  known: ShownValues = new ShownValues(),
): Promise<TopKey[]> {
  const bounds: QueryBounds = { limits, narrower: NARROWER };
  const { sql, params } = selectTop(question);
  const found = await queryRows<Row>(nodes, sql, params, bounds);
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
 * One level of grouping over `events` itself, and not over a subquery of it: on a cluster each shard then groups its own
 * events and sends groups, where it would otherwise send every event.
 */
function selectTop(question: TopQuestion): Expression {
  const { unique, where, show, limit } = question;
  const key = keyOf(question);
  const holds = allHold(where);
  const same = unique === undefined ? undefined : textAt(unique, 'unique');
  const events = fromEvents(question);
  const { from, keySql, holdsSql, place } =
    same === undefined
      ? { from: events.sql, keySql: key.sql, holdsSql: holds.sql, place: ORDER }
      : latestOf(same.sql, `(${key.sql}, ${holds.sql})`, events.sql);
  return {
    // Without `show` nothing needs to be known of the latest event, and its columns are not read.
    sql: `
      SELECT ${keySql} AS top_key, count() AS count, ${show.length === 0 ? "(0, 0, '')" : placeOf(`max(${place})`)} AS latest
      ${from}
      WHERE ${holdsSql} AND top_key IS NOT NULL
      GROUP BY top_key
      ORDER BY count DESC, top_key
      LIMIT {limit:UInt32}`,
    params: { limit, ...paramsOf([events, key, holds, ...(same === undefined ? [] : [same])]) },
  };
}

function keyOf({ by }: TopQuestion): Expression {
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

/**
 * A key and whether it holds (`columns`, a pair), of the latest event of each value of `same`. An event without one has its
 * place in the tables as its own, because an `event_id` comes from the sender and may be there twice.
 */
function latestOf(same: string, columns: string, events: string) {
  const alone = `if(same IS NULL, concat(toString(shardNum()), ' ', _part, ' ', toString(_part_offset)), '')`;
  const from = `
      FROM (
        SELECT argMax(${columns}, ${ORDER}) AS latest_event, max(${ORDER}) AS latest_place
        ${events}
        GROUP BY ${same} AS same, ${alone}
      )`;
  return { from, keySql: 'latest_event.1', holdsSql: 'latest_event.2', place: 'latest_place' };
}
