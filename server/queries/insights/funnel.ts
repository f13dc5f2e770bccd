import type { Counting } from '../counted/grown-hours.ts';
import { END_US } from '../sql/conditions.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import { askEvents, type RawEvents } from '../counted/deduplicated-events.ts';
import { isStep, namesOf, overlap, stepParams, type Person, type Step } from './steps.ts';

/** Who did some steps, one after the other, the first within the range. */
export interface FunnelQuestion extends Pick<EventFilters, 'application' | 'category' | 'fromUs' | 'toUs'> {
  readonly steps: readonly Step[];
  readonly by: Person;
  /** How long after the first step the others may be, in whole microseconds. */
  readonly withinUs: number;
}

/**
 * How many did each step and those before it: in their order, each by another event, at or after the one before. Events
 * without a user, or a session, are nobody's.
 * @throws what `queryRows` throws
 */
export async function readFunnel(counting: Counting, question: FunnelQuestion): Promise<readonly number[]> {
  const [row] = await askPeople(counting, question);
  return question.steps.map((_, index) => row?.counts[index] ?? 0);
}

interface Row {
  readonly counts: readonly number[];
}

/** A copy of an event must not count: it would be another event, and it may name another person. */
async function askPeople(counting: Counting, question: FunnelQuestion): Promise<Row[]> {
  const events: RawEvents = {
    filters: filtersOf(question),
    paths: [],
    columns: () => ({ person: question.by, event_name: 'name', event_category: 'category', event_us: TIME_US }),
    group: ({ event_name = '', event_category = '', ...columns }, from) =>
      groupPeople(question, { ...columns, name: event_name, category: event_category }, from),
  };
  return await askEvents<Row>(counting, events, ({ sql, params }) => ({
    sql: countPeople(question, sql),
    params: { ...params, ...paramsFor(question) },
  }));
}

const TIME_US = 'toUInt64(toUnixTimestamp64Micro(timestamp))';

function filtersOf({ steps, application, category, fromUs = 0, toUs = END_US, withinUs }: FunnelQuestion) {
  return { application, category, names: namesOf(steps), fromUs, toUs: Math.min(END_US, toUs + withinUs) };
}

/** @param columns SQL for `person`, `name`, `category` and `event_us` */
function groupPeople(
  { steps, withinUs }: FunnelQuestion,
  columns: Readonly<Record<string, string>>,
  from: string,
): string {
  const { person, event_us: timeUs, name = '', category = '' } = columns;
  const conditions = steps.map((step, index) => isStep(step, `step_${index}`, { name, category }));
  const isInRange = `${timeUs} >= {first_from_us:UInt64} AND ${timeUs} < {first_to_us:UInt64}`;
  const [first, ...others] = conditions;
  return `
      SELECT ${person} AS of_person,
        windowFunnelState(${parametersOf({ steps, withinUs })})(${[timeUs, `${first} AND ${isInRange}`, ...others].join(', ')}) AS state
      ${from} AND of_person != ''
      GROUP BY of_person`;
}

/**
 * Where an event can be two of the steps it must be one of them at a time, and ClickHouse keeps every way through a person's
 * events: with thousands of events of one person that is more than it has memory for, so only there.
 */
function parametersOf({ steps, withinUs }: Pick<FunnelQuestion, 'steps' | 'withinUs'>): string {
  const canBeBoth = steps.some((step, index) => steps.slice(index + 1).some((other) => overlap(step, other)));
  return canBeBoth ? `${withinUs}, 'strict_once'` : String(withinUs);
}

function countPeople({ steps, withinUs }: FunnelQuestion, states: string): string {
  const counts = steps.map((_, index) => `countIf(level > ${index})`);
  const merged = `windowFunnelMerge(${parametersOf({ steps, withinUs })})(state)`;
  return `
    SELECT [${counts.join(', ')}] AS counts
    FROM (SELECT of_person, ${merged} AS level FROM (${states}) GROUP BY of_person)`;
}

function paramsFor({ steps, fromUs = 0, toUs = END_US }: FunnelQuestion): Readonly<Record<string, unknown>> {
  const params = steps.map((step, index) => stepParams(step, `step_${index}`));
  return Object.assign({ first_from_us: fromUs, first_to_us: toUs }, ...params);
}
