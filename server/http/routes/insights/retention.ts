import { Type } from 'typebox';
import { MAX_INTERVALS } from '../../../queries/insights/series.ts';
import { parseStep } from '../../../queries/insights/steps.ts';
import { operation, type Operation } from '../../operation/operation.ts';
import { asksForFresh, found, rangeOf } from '../question-parameters.ts';
import { category, filters } from '../questions-schemas.ts';
import type { ReadsOf } from '../reads.ts';
import { by, common, Start, Step, timezone } from './insight-parameters.ts';

const RetentionQuery = Type.Object({
  first: Step,
  return: Type.Optional(Step),
  by,
  interval: Type.Enum(['day', 'week', 'month'], { default: 'day', description: 'day, week or month' }),
  timezone,
  periods: Type.Integer({ minimum: 1, maximum: 31, default: 8, description: 'a whole number from 1 to 31' }),
  category: Type.Optional(category),
  application: filters.application,
  from: filters.from,
  to: filters.to,
});

const Retention = Type.Object({
  by: Type.String(),
  interval: Type.String(),
  cohorts: Type.Array(
    Type.Object(
      {
        start: Start,
        size: Type.Integer({ description: 'Whose first `first` within the range was in this interval' }),
        returned: Type.Array(Type.Integer(), {
          description:
            'Of those, how many did `return` in the same interval, in the one after it, and so on: `periods` of them',
        }),
      },
      { $id: 'Cohort' },
    ),
  ),
});

const DESCRIPTION =
  'A cohort for each interval that meets `[from, to)`, those without anybody included: the users, or sessions, whose first ' +
  '`first` within the range was in it, and how many of them did `return` so many intervals later, also past `to`. In the same ' +
  'interval it is at or after the first; where `return` is what `first` is, the first itself is that. Without `from`, from the ' +
  `first one that there is, or the last ${MAX_INTERVALS} intervals; without \`to\`, up to now; at most ${MAX_INTERVALS} intervals. Intervals are those of the time zone, ` +
  'weeks begin on Monday. Exact. Events without a user, or a session, are nobody’s.';

/** Who comes back. */
export function retention(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events/retention',
    summary: 'How many came back, by when they came first',
    description: DESCRIPTION,
    query: RetentionQuery,
    answers: found('The cohorts in order', Retention),
    handle: async (ctx, { query }) => {
      const { first, return: again = first, by, interval, timezone, periods, application, category } = query;
      const cohorts = await reads(ctx).ask('retention', {
        first: parseStep(first, 'first'),
        again: parseStep(again, 'return'),
        by,
        interval,
        timezone,
        periods,
        application,
        category,
        ...rangeOf(query),
        fresh: asksForFresh(ctx),
      });
      ctx.body = {
        by,
        interval,
        cohorts: cohorts.map(({ startMs, ...cohort }) => ({ start: new Date(startMs).toISOString(), ...cohort })),
      };
    },
  });
}
