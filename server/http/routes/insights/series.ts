import { Type } from 'typebox';
import { INTERVALS } from '../../../queries/insights/intervals.ts';
import { MEASURES } from '../../../queries/sql/columns.ts';
import { MAX_INTERVALS } from '../../../queries/insights/series.ts';
import { operation, type Operation } from '../../operation/operation.ts';
import { asksForFresh, filtersOf, found, groupKeyOf } from '../question-parameters.ts';
import { category, filters, GROUP_KEY, where } from '../questions-schemas.ts';
import type { ReadsOf } from '../reads.ts';
import { common, Start, timezone } from './insight-parameters.ts';

const SeriesQuery = Type.Object({
  measure: Type.Enum([...MEASURES], { default: 'events', description: MEASURES.join(', ') }),
  interval: Type.Enum([...INTERVALS], { default: 'hour', description: INTERVALS.join(', ') }),
  timezone,
  category: Type.Optional(category),
  ...filters,
  where: Type.Optional(where),
  by: Type.Optional(Type.String(GROUP_KEY)),
  limit: Type.Integer({ minimum: 1, maximum: 20, default: 5, description: 'a whole number from 1 to 20' }),
});

const Series = Type.Object({
  measure: Type.String(),
  interval: Type.String(),
  timezone: Type.String(),
  times: Type.Array(Start, { description: 'The beginnings of the intervals' }),
  series: Type.Array(
    Type.Object(
      {
        key: Type.Union([Type.String(), Type.Null()], { description: 'Null without `by`' }),
        total: Type.Integer({
          description: 'Over the whole range; of users and sessions the different ones, not a sum',
        }),
        values: Type.Array(Type.Integer(), { description: 'One for each interval' }),
      },
      { $id: 'SeriesOfKey' },
    ),
  ),
});

const DESCRIPTION =
  'Exact: each event is counted once, however often it was sent, and each user and session once in an interval. Intervals ' +
  'are those of the time zone: a week begins on Monday, a day has 23 or 25 hours where the clocks are set. Those that meet ' +
  `\`[from, to)\` are in the answer, without events, too, at most ${MAX_INTERVALS}; only events within \`[from, to)\` count. ` +
  'Without `to`, up to now; without `from`, the last 24 hours, the last 30 intervals where they are longer than an hour, or the ' +
  `last ${MAX_INTERVALS} minutes. ` +
  'With `by` there is a series for each of at most `limit` keys, the largest totals first and those that are equal in the ' +
  'order of their keys; an event without a key is in none.';

/** How many, over time. */
export function series(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events/series',
    summary: 'Events, users or sessions by minute, hour, day, week or month',
    description: DESCRIPTION,
    query: SeriesQuery,
    answers: found('A number for each interval', Series),
    handle: async (ctx, { query }) => {
      const { measure, interval, timezone, by, limit, ...given } = query;
      const { startsMs, series: counted } = await reads(ctx).ask('series', {
        measure,
        interval,
        timezone,
        ...filtersOf(given),
        by: by === undefined ? undefined : groupKeyOf(by),
        limit,
        fresh: asksForFresh(ctx),
      });
      const times = startsMs.map((ms) => new Date(ms).toISOString());
      ctx.body = { measure, interval, timezone, times, series: counted };
    },
  });
}
