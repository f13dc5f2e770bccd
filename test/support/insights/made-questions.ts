import { parseDataCondition, parseDataPath } from '../../../server/events/data/data-path.ts';
import type { FunnelQuestion } from '../../../server/queries/insights/funnel.ts';
import { INTERVALS, USUAL_MS } from '../../../server/queries/insights/intervals.ts';
import type { RetentionQuestion } from '../../../server/queries/insights/retention.ts';
import { MEASURES } from '../../../server/queries/sql/columns.ts';
import type { SeriesQuestion } from '../../../server/queries/insights/series.ts';
import { parseStep, PEOPLE, type Step } from '../../../server/queries/insights/steps.ts';
import type { Random } from '../events/random.ts';
import { APPLICATIONS, CATEGORIES, NAMES, type EventSet } from './made-events.ts';

interface Range {
  readonly fromUs: number;
  readonly toUs: number;
}

const BY = ['name', 'category', 'application', 'user', 'session_id'] as const;
const PATHS = ['data.plan', 'data.deep.n', 'data.plan.free', 'data.none'];
const CONDITIONS = ['data.plan:free', 'data.plan:pro', 'data.plan:7', 'data.deep.n:1', 'data.plan:["free"]'];
const MOST_INTERVALS = 900;

export function madeSeries(random: Random, set: EventSet): SeriesQuestion & Range {
  const range = madeRange(random, set);
  const fitting = INTERVALS.filter(
    (interval) => (range.toUs - range.fromUs) / 1000 / USUAL_MS[interval] < MOST_INTERVALS,
  );
  return {
    ...range,
    ...madeFilters(random),
    measure: random.pick(MEASURES),
    interval: random.pick(fitting),
    timezone: set.zone,
    name: maybe(random, () => random.pick(NAMES)),
    where: random.isTrue(0.7) ? [] : [parseDataCondition(random.pick(CONDITIONS))],
    by: random.isTrue(0.2) ? undefined : random.pick([...BY, ...PATHS.map((path) => parseDataPath(path, 'by'))]),
    limit: random.pick([1, 2, 5, 20]),
  };
}

export function madeFunnel(random: Random, set: EventSet): FunnelQuestion & Range {
  const steps = Array.from({ length: random.whole(2, 4) }, () => madeStep(random));
  const withinUs = random.pick([0, 1, set.spreadUs / 100, set.spreadUs / 4, set.spreadUs]);
  return {
    ...madeRange(random, set),
    ...madeFilters(random),
    steps,
    by: random.pick(PEOPLE),
    withinUs: Math.floor(withinUs),
  };
}

export function madeRetention(random: Random, set: EventSet): RetentionQuestion & Range {
  const first = madeStep(random);
  return {
    ...madeRange(random, set),
    ...madeFilters(random),
    first,
    again: random.isTrue(0.4) ? first : madeStep(random),
    by: random.pick(PEOPLE),
    interval: random.pick(['day', 'day', 'week', 'month']),
    timezone: set.zone,
    periods: random.whole(1, 31),
  };
}

function madeStep(random: Random): Step {
  const name = random.pick(NAMES);
  return parseStep(random.isTrue(0.6) ? name : `${random.pick(CATEGORIES)}::${name}`, 'step');
}

function madeFilters(random: Random) {
  return {
    application: maybe(random, () => random.pick(APPLICATIONS)),
    category: maybe(random, () => random.pick(CATEGORIES)),
  };
}

function maybe<T>(random: Random, value: () => T): T | undefined {
  return random.isTrue(0.3) ? value() : undefined;
}

/** Whole hours, minutes, or to the microsecond; sometimes nothing, or everything of the set. */
function madeRange(random: Random, { dayUs, spreadUs }: EventSet): Range {
  const at = (): number => {
    const us = Math.max(0, dayUs + Math.floor(spreadUs * random.pick([1, 1.2, 0.5]) * (2 * random.next() - 1)));
    const unitUs = random.pick([1, 1_000_000, 60_000_000, 1_800_000_000, 3_600_000_000, 86_400_000_000]);
    return Math.floor(us / unitUs) * unitUs;
  };
  const [one, other] = [at(), at()];
  return { fromUs: Math.min(one, other), toUs: Math.max(one, other) };
}
