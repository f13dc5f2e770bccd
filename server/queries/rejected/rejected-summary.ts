import type { Nodes } from '../../clickhouse/nodes.ts';
import { queryRows, type QuestionLimits } from '../../clickhouse/query.ts';
import type { RejectedQuestion } from './rejected-events.ts';
import { allOf, columnsAre, END_US, isWithin } from '../sql/conditions.ts';

/** Which, and how many groups at most. */
export type RejectedSummaryQuestion = Omit<RejectedQuestion, 'cursor'>;

/** What is wrong with what was rejected, for the same reason at the same place. */
export interface RejectedGroup {
  readonly reason: string;
  /** In the event; a number of an item is `*`. Empty for the event itself. */
  readonly path: string;
  /** What was expected, without what was received. */
  readonly message: string;
  /** A rejection with several errors is in several groups. */
  readonly count: number;
  /** When the latest of them was received, in whole microseconds since the epoch. */
  readonly lastUs: number;
}

export interface RejectedSummary {
  /** Rejections, those included that are not kept one by one. A body that was sent again has its own again. */
  readonly total: number;
  readonly groups: readonly RejectedGroup[];
}

const NARROWER = 'a shorter range (from, to), or a reason';

/**
 * Rejections by what is wrong, the most frequent first. What was sent to ClickHouse twice is one, and one that stands for
 * others is as many as they are.
 * @throws what `queryRows` throws
 */
export async function readRejectedSummary(
  nodes: Nodes,
  limits: QuestionLimits,
  { reason, application, fromUs = 0, toUs = END_US, limit }: RejectedSummaryQuestion,
): Promise<RejectedSummary> {
  const { sql, params } = allOf([...isWithin('received_at', { fromUs, toUs }), ...columnsAre({ reason, application })]);
  const query = `
    SELECT
      why AS reason, issue.1 AS path, issue.2 AS message, sum(stands_for) AS count,
      toUnixTimestamp64Micro(max(received_at)) AS lastUs,
      (SELECT uniqExact(received_at, event_id) FROM rejected_events WHERE ${sql}) + sum(sum(stands_for - 1)) OVER () AS total
    FROM (
      SELECT received_at, any(reason) AS why, ${STANDS_FOR} AS stands_for, arrayJoin(${ISSUES}) AS issue
      FROM rejected_events
      WHERE ${sql}
      GROUP BY received_at, event_id
    )
    GROUP BY why, path, message
    ORDER BY count DESC, reason, path, message
    LIMIT {limit:UInt32}`;
  const rows = await queryRows<GroupRow>(nodes, query, { ...params, limit }, { limits, narrower: NARROWER });
  return {
    total: rows[0]?.total ?? 0,
    groups: rows.map(({ reason, path, message, count, lastUs }) => ({ reason, path, message, count, lastUs })),
  };
}

/** How many rejections one is: what `omission` has written begins with their number. */
const STANDS_FOR = `if(why = 'omitted', greatest(1, toUInt64OrZero(extract(any(errors), '"message":"([0-9]+) more'))), 1)`;

/** The different (path, message) of a rejection, and one at least, so that it is in a group. */
const ISSUES = `arrayDistinct(arrayMap(
        issue -> (
          replaceRegexpAll(JSONExtractString(issue, 'path'), '\\\\.[0-9]+\\\\b', '.*'),
          replaceRegexpOne(JSONExtractString(issue, 'message'), '^(received .*, (expected )|[0-9]+ (more ))', '\\\\2\\\\3')
        ),
        if(empty(JSONExtractArrayRaw(any(errors))), ['{}'], JSONExtractArrayRaw(any(errors)))
      ))`;

interface GroupRow extends RejectedGroup {
  readonly total: number;
}
