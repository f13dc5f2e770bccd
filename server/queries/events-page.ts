import type { Nodes } from '../clickhouse/nodes.ts';
import { queryRows, questionBounds, type QuestionLimits } from '../clickhouse/query.ts';
import { allOf, END_US, isAfter, type Condition } from './sql/conditions.ts';
import type { EventFilters } from './sql/event-filters.ts';
import { readEvents } from './sql/readings.ts';
import { decodeCursor, paged, type Position } from './sql/cursor.ts';
import { withoutCopies } from './copies.ts';
import { readEventSpans } from './event-spans.ts';
import { timeWindows, type Order, type TimeRange } from './sql/time-windows.ts';

/** Which events, in which order. */
export interface EventsQuestion extends EventFilters {
  /** By timestamp, then by arrival. */
  readonly order: Order;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** An event as it is stored. Times in whole microseconds since the epoch; `data` is the exact text that was sent. */
export interface StoredEvent extends Position {
  readonly application: string;
  readonly sessionId: string;
  readonly user: string;
  readonly category: string;
  readonly name: string;
  readonly data: string;
}

export interface EventsPage {
  readonly events: readonly StoredEvent[];
  /** Asks for the page after this one; null when there is none. */
  readonly nextCursor: string | null;
}

const NARROWER = 'a shorter range (from, to), a session_id, a category and name, or a smaller limit';

/**
 * One page of events. Following the cursors gives each event once that was stored when the first page was asked for; of
 * those that arrive meanwhile, the ones whose place is still ahead.
 * @throws AppError `invalid` for a cursor of another question, and what `queryRows` throws
 */
export async function readEventsPage(
  nodes: Nodes,
  limits: QuestionLimits,
  question: EventsQuestion,
): Promise<EventsPage> {
  const { limit, cursor } = question;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, identity(question));
  const bounds = questionBounds(limits, NARROWER);
  const range = rangeOf(question, after);
  // A session is found through its index, all at once; other filters leave too much to sort.
  const windows =
    question.sessionId === undefined
      ? timeWindows(range, question.order, await readEventSpans(nodes, bounds))
      : [range];
  const events: StoredEvent[] = [];
  let position: Position | undefined = after;
  const left = [...windows];
  for (let window = left.shift(); window !== undefined && events.length <= limit;) {
    // One more than the page: whether there is a next one.
    const missing = limit + 1 - events.length;
    const { sql, params } = selectEvents(question, window, position, missing);
    const rows = await queryRows<StoredEvent>(nodes, sql, params, bounds);
    events.push(...(await withoutCopies(nodes, bounds, question, rows)));
    position = rows.at(-1) ?? position;
    // A window that gave all that was asked for may hold more, in place of copies.
    if (rows.length < missing) window = left.shift();
  }
  const { page, nextCursor } = paged(events, limit, identity(question));
  return { events: page, nextCursor };
}

/** Where rows can be at all. */
function rangeOf({ fromUs = 0, toUs = END_US, order }: EventsQuestion, after: Position | undefined): TimeRange {
  const range =
    order === 'asc'
      ? { fromUs: Math.max(fromUs, after?.timestampUs ?? 0), toUs }
      : { fromUs, toUs: Math.min(toUs, (after?.timestampUs ?? END_US) + 1) };
  return { fromUs: range.fromUs, toUs: Math.max(range.fromUs, range.toUs) };
}

/**
 * The filters go into PREWHERE: left to itself, ClickHouse 26.7 fills that with its own filter for the first rows of an
 * order, and then reads every column of the order for all rows of the range. A rare name took 350 ms instead of 100.
 */
function selectEvents(
  { order, ...question }: EventsQuestion,
  window: TimeRange,
  after: Position | undefined,
  limit: number,
): Condition {
  const direction = order === 'asc' ? 'ASC' : 'DESC';
  const { sql, params } = allOf(isAfter(after, order));
  const first = `ORDER BY timestamp ${direction}, received_at ${direction}, event_id ${direction} LIMIT {limit:UInt32}`;
  const rows = readEvents(
    { ...question, ...window },
    [],
    ({ from }) => `SELECT ${COLUMNS} ${from} WHERE ${sql} ${first}`,
  );
  return {
    sql: `
      SELECT
        toUnixTimestamp64Micro(timestamp) AS timestampUs, toUnixTimestamp64Micro(received_at) AS receivedAtUs,
        event_id AS eventId, application, session_id AS sessionId, user, category, name, data
      FROM (${rows.sql})
      ${first}`,
    params: { ...rows.params, ...params, limit },
  };
}

const COLUMNS = 'timestamp, received_at, event_id, application, session_id, user, category, name, data';

/** What a cursor belongs to. */
function identity(question: EventsQuestion): unknown {
  const { sessionId, category, name, application, user, fromUs, toUs, order, where = [] } = question;
  const values = [sessionId, category, name, application, user, fromUs, toUs];
  const conditions = where.map(({ path, value }) => [path.text, value]);
  return ['events', order, ...values.map((value) => value ?? null), conditions];
}
