import { formatTimeUs } from '../../events/time.ts';
import type { RejectedEvent } from '../../queries/rejected/rejected-events.ts';
import { operation, type Operation } from '../operation/operation.ts';
import { found, rangeOf } from './question-parameters.ts';
import { Rejected, RejectedQuery, RejectedSummary, RejectedSummaryQuery } from './questions-schemas.ts';
import type { ReadsOf } from './reads.ts';

const common = { method: 'get', tag: 'Events', access: 'scoped read' } as const;

/** What was not stored as an event. */
export function rejectedOperations(reads: ReadsOf): readonly Operation[] {
  return [rejected(reads), rejectedSummary(reads)];
}

function rejected(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events/rejected',
    summary: 'What was not accepted, and why',
    description: 'The newest first. `from` (inclusive) and `to` (exclusive) are about when it was received.',
    query: RejectedQuery,
    answers: found('A page', Rejected),
    handle: async (ctx, { query }) => {
      const { reason, application, limit, cursor } = query;
      const question = { reason, application, limit, cursor, ...rangeOf(query) };
      const { rejected, nextCursor } = await reads(ctx).ask('rejected', question);
      ctx.body = { rejected: rejected.map(rejectedJson), next_cursor: nextCursor };
    },
  });
}

function rejectedSummary(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events/rejected/summary',
    summary: 'How many rejections there are, by what is wrong',
    description:
      'The most frequent first, at most `limit`. A rejection with several errors is in several groups; one of the reason ' +
      '`omitted` counts as many as it stands for. `from` (inclusive) and `to` (exclusive) are about when it was received.',
    query: RejectedSummaryQuery,
    answers: found('The groups', RejectedSummary),
    handle: async (ctx, { query }) => {
      const { reason, application, limit } = query;
      const question = { reason, application, limit, ...rangeOf(query) };
      const { total, groups } = await reads(ctx).ask('rejectedSummary', question);
      ctx.body = { total, groups: groups.map(({ lastUs, ...group }) => ({ ...group, last: formatTimeUs(lastUs) })) };
    },
  });
}

function rejectedJson({ receivedAtUs, application, reason, errors, payload }: RejectedEvent) {
  return { received_at: formatTimeUs(receivedAtUs), application, reason, errors, payload };
}
