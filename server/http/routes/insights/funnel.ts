import { Type } from 'typebox';
import { invalid, show } from '../../../common/errors.ts';
import { parseStep, STEP_WORDS } from '../../../queries/insights/steps.ts';
import { operation, type Operation } from '../../operation/operation.ts';
import { asksForFresh, found, rangeOf } from '../question-parameters.ts';
import { category, filters } from '../questions-schemas.ts';
import type { ReadsOf } from '../reads.ts';
import { by, common, Step } from './insight-parameters.ts';

const STEPS = { minItems: 2, maxItems: 10 };
const UNITS_US = { s: 1e6, m: 60e6, h: 3600e6, d: 86_400e6, w: 7 * 86_400e6 } as const;
const MAX_WITHIN_US = 366 * UNITS_US.d;
const WITHIN_WORDS = 'a time such as 30m, 24h or 7d: a whole number of s, m, h, d or w, of 366 days at most';

const FunnelQuery = Type.Object({
  step: Type.Array(Step, {
    ...STEPS,
    description: `from ${STEPS.minItems} to ${STEPS.maxItems} of them, each ${STEP_WORDS}`,
  }),
  by,
  within: Type.String({
    pattern: `^[1-9]\\d{0,7}[${Object.keys(UNITS_US).join('')}]$`,
    default: '24h',
    description: WITHIN_WORDS,
  }),
  category: Type.Optional(category),
  application: filters.application,
  from: filters.from,
  to: filters.to,
});

const Funnel = Type.Object({
  by: Type.String(),
  within: Type.String(),
  steps: Type.Array(Type.Object({ step: Type.String(), count: Type.Integer() }, { $id: 'FunnelStep' })),
});

const DESCRIPTION =
  'How many users, or sessions, did the first step within `[from, to)` and then the others up to each one, in their order: ' +
  'each by another event, at or after the one before, also past `to`, and no later than `within` after the first. Without ' +
  '`from` or `to` the range has no such end. Exact. Events without a user, or a session, are nobody’s.';

/** Who goes how far. */
export function funnel(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events/funnel',
    summary: 'How many did some steps, one after the other',
    description: DESCRIPTION,
    query: FunnelQuery,
    answers: found('A number for each step', Funnel),
    handle: async (ctx, { query }) => {
      const { step, by, within, application, category } = query;
      const counts = await reads(ctx).ask('funnel', {
        steps: step.map((text) => parseStep(text, 'step')),
        by,
        withinUs: withinUs(within),
        application,
        category,
        ...rangeOf(query),
        fresh: asksForFresh(ctx),
      });
      ctx.body = { by, within, steps: step.map((text, index) => ({ step: text, count: counts[index] ?? 0 })) };
    },
  });
}

function withinUs(text: string): number {
  const unit = text.slice(-1) as keyof typeof UNITS_US;
  const us = Number(text.slice(0, -1)) * UNITS_US[unit];
  if (us > MAX_WITHIN_US)
    throw invalid([{ path: 'within', message: `received ${show(text)}, expected ${WITHIN_WORDS}` }]);
  return us;
}
