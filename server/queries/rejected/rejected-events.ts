import type { Nodes } from '../../clickhouse/nodes.ts';
import { queryRows } from '../../clickhouse/query.ts';
import type { QuestionLimits } from '../../clickhouse/query.ts';
import type { Issue } from '../../common/errors.ts';
import { allOf, columnsAre, END_US, isWithin, isAfter } from '../sql/conditions.ts';
import { decodeCursor, paged, type Position } from '../sql/cursor.ts';
import type { EventFilters } from '../sql/event-filters.ts';

/** Which rejected events, by when they were received; what is undefined does not matter. */
export interface RejectedQuestion extends Pick<EventFilters, 'application' | 'fromUs' | 'toUs'> {
  readonly reason?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface RejectedEvent {
  /** Whole microseconds since the epoch. */
  readonly receivedAtUs: number;
  readonly application: string;
  readonly reason: string;
  readonly errors: readonly Issue[];
  /** The exact text that was received; a long one is cut, with a mark that says so. */
  readonly payload: string;
}

export interface RejectedPage {
  readonly rejected: readonly RejectedEvent[];
  /** Asks for the page after this one; null when there is none. */
  readonly nextCursor: string | null;
}

const NARROWER = 'a shorter range (from, to), a reason, or a smaller limit';

/**
 * One page of rejected events, newest first. What was sent to ClickHouse twice is one.
 * @throws AppError `invalid` for a cursor of another question, and what `queryRows` throws
 */
export async function readRejectedPage(
  nodes: Nodes,
  limits: QuestionLimits,
  { reason, application, fromUs = 0, toUs = END_US, limit, cursor }: RejectedQuestion,
): Promise<RejectedPage> {
  const question = ['rejected', reason ?? null, application ?? null, fromUs, toUs];
  const after = cursor === undefined ? undefined : decodeCursor(cursor, question);
  const { sql, params } = allOf([
    ...isWithin('received_at', { fromUs, toUs: Math.min(toUs, (after?.receivedAtUs ?? END_US) + 1) }),
    ...columnsAre({ reason, application }),
    ...isAfter(after, 'desc', ['received_at']),
  ]);
  const query = `
    SELECT
      toUnixTimestamp64Micro(received_at) AS receivedAtUs, receivedAtUs AS timestampUs, event_id AS eventId,
      application, reason, errors, payload
    FROM rejected_events
    WHERE ${sql}
    ORDER BY received_at DESC, event_id DESC
    LIMIT 1 BY received_at, event_id
    LIMIT {limit:UInt32}`;
  // One more than the page: whether there is a next one.
  const asked = { ...params, limit: limit + 1 };
  const rows = await queryRows<Row>(nodes, query, asked, { limits, narrower: NARROWER });
  const { page, nextCursor } = paged(rows, limit, question);
  return { rejected: page.map(shape), nextCursor };
}

/** A rejection happened when it was received. */
interface Row extends Position, Omit<RejectedEvent, 'receivedAtUs' | 'errors'> {
  readonly errors: string;
}

function shape({ errors, ...row }: Row): RejectedEvent {
  // Written by this service, so it is what it says.
  return { ...row, errors: JSON.parse(errors) as readonly Issue[] };
}
