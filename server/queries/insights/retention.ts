import { queryRows } from '../../clickhouse/query.ts';
import { SECOND_US } from '../../common/units.ts';
import type { Counting } from '../counted/grown-hours.ts';
import { allOf, columnsAre } from '../sql/conditions.ts';
import type { EventFilters } from '../sql/event-filters.ts';
import { askEvents, type RawEvents } from '../counted/deduplicated-events.ts';
import { beginningOfLast, beginnings, type Interval } from './intervals.ts';
import { intervalOf } from './grouping.ts';
import { MAX_INTERVALS, tooMany } from './series.ts';
import { isStep, namesOf, stepParams, type Person, type Step } from './steps.ts';
import { parseTimeZone } from './zone-clock.ts';

/** Who came back after the first time, which is within the range: by default ever, up to now. */
export interface RetentionQuestion extends Pick<EventFilters, 'application' | 'category' | 'fromUs' | 'toUs'> {
  readonly first: Step;
  readonly again: Step;
  readonly by: Person;
  readonly interval: Extract<Interval, 'day' | 'week' | 'month'>;
  readonly timezone: string;
  /** How many intervals are looked at, that of the first time included. */
  readonly periods: number;
}

/** Those whose first time was in one interval. */
export interface Cohort {
  /** The beginning of the interval, in milliseconds since the epoch. */
  readonly startMs: number;
  readonly size: number;
  /** How many of them came back in that interval, in the one after it, and so on. */
  readonly returned: readonly number[];
}

interface PlannedRetention extends RetentionQuestion {
  readonly fromUs: number;
  readonly toUs: number;
  /** The beginnings of the cohorts' intervals, and of those in which the last of them may come back; and their end. */
  readonly startsS: readonly number[];
  readonly cohorts: number;
}

/**
 * A cohort for each interval that meets the range, those without anybody included. Who came first comes back in the same
 * interval when there is an event `again` at or after the first; where `again` is what `first` is, that is the first itself.
 * Events without a user, or a session, are nobody's. Copies change nothing.
 * @throws AppError `invalid` for too many intervals, and what `queryRows` throws
 */
export async function readRetention(counting: Counting, question: RetentionQuestion): Promise<readonly Cohort[]> {
  const planned = await planRetention(counting, question);
  const { startsS, cohorts, periods } = planned;
  const rows = cohorts === 0 ? [] : await readCohorts(counting, planned);
  const found = new Map(rows.map((row) => [row.cohort_s, row]));
  return startsS.slice(0, cohorts).map((startS, index) => {
    const row = found.get(startS);
    const returned = new Map(row?.returned_s.map((at, place) => [at, row.returned[place] ?? 0]));
    return {
      startMs: startS * 1000,
      size: row?.size ?? 0,
      returned: startsS.slice(index, index + periods).map((at) => returned.get(at) ?? 0),
    };
  });
}

async function planRetention(counting: Counting, question: RetentionQuestion): Promise<PlannedRetention> {
  const { timezone, interval, periods } = question;
  const clock = parseTimeZone(timezone);
  const { toUs = Math.max(counting.nowMs() * 1000, question.fromUs ?? 0) } = question;
  const usualFromUs = async () => {
    const firstUs = await readFirstUs(counting, question);
    if (firstUs === undefined) return toUs;
    // An event that claims to be much older than all others keeps nobody's cohorts from being shown.
    const earliestUs = beginningOfLast(clock, interval, Math.ceil(toUs / 1000), MAX_INTERVALS) * 1000;
    return Math.min(toUs, Math.max(firstUs, earliestUs));
  };
  const fromUs = question.fromUs ?? (await usualFromUs());
  const startsS: number[] = [];
  let cohorts = 0;
  for (const startMs of beginnings(clock, interval, Math.floor(fromUs / 1000))) {
    if (startMs * 1000 < toUs && fromUs < toUs) cohorts += 1;
    if (cohorts > MAX_INTERVALS) throw tooMany(interval);
    startsS.push(startMs / 1000);
    if (startsS.length >= cohorts + periods) break;
  }
  return { ...question, fromUs, toUs, startsS, cohorts };
}

/** When the first `first` of all was; undefined when there is none. */
async function readFirstUs(counting: Counting, question: RetentionQuestion): Promise<number | undefined> {
  const { first, application, category } = question;
  const { sql, params } = allOf([
    { sql: isStep(first, 'first'), params: stepParams(first, 'first') },
    ...columnsAre({ application, category }),
  ]);
  // Where none is left, the first is after the last.
  const query = `
    SELECT toUnixTimestamp64Micro(min(hours.first)) AS firstUs
    FROM hours
    WHERE ${sql}
    HAVING sum(rows) > 0 AND min(hours.first) <= max(hours.last)`;
  const [row] = await queryRows<{ firstUs: number }>(counting.nodes, query, params, counting.bounds);
  return row?.firstUs;
}

interface CohortRow {
  readonly cohort_s: number;
  readonly size: number;
  readonly returned_s: readonly number[];
  readonly returned: readonly number[];
}

// Times are one more than they are, so that 0 says that there is none.
const TIME_1US = '(toUnixTimestamp64Micro(timestamp) + 1)';

async function readCohorts(counting: Counting, question: PlannedRetention): Promise<CohortRow[]> {
  const { first, again, by, application, category, fromUs, toUs, startsS } = question;
  const endUs = (startsS.at(-1) ?? 0) * SECOND_US;
  const events: RawEvents = {
    filters: { application, category, names: namesOf([first, again]), fromUs, toUs: endUs },
    paths: [],
    columns: () => ({ person: by, event_name: 'name', event_category: 'category', event_1us: TIME_1US }),
    group: ({ person, event_name: name = '', event_category = '', event_1us: at }, from) => {
      const columns = { name, category: event_category };
      return `
      SELECT ${person} AS of_person,
        minIfState(${at}, ${isStep(first, 'first', columns)} AND ${at} <= {first_to_us:Int64}) AS first_state,
        groupArrayIfState(${at}, ${isStep(again, 'again', columns)}) AS times_state
      ${from} AND of_person != ''
      GROUP BY of_person`;
    },
  };
  const own = { starts_s: startsS, first_to_us: toUs, ...stepParams(first, 'first'), ...stepParams(again, 'again') };
  return await askEvents<CohortRow>(counting, events, ({ sql, params }) => ({
    sql: countCohorts(sql),
    params: { ...params, ...own },
  }));
}

function countCohorts(people: string): string {
  return `
    SELECT
      cohort_s, count() AS size,
      sumMap(came_back, arrayMap(at -> toUInt64(1), came_back)) AS sums, sums.1 AS returned_s, sums.2 AS returned
    FROM
    (
      SELECT
        minIfMerge(first_state) AS first_1us,
        groupArrayIfMerge(times_state) AS times_1us,
        ${intervalOf('intDiv(first_1us - 1, 1000000)')} AS cohort_s,
        arrayDistinct(arrayMap(
          at -> ${intervalOf('intDiv(at - 1, 1000000)')},
          arrayFilter(at -> at >= first_1us, times_1us))) AS came_back
      FROM (${people})
      GROUP BY of_person
      HAVING first_1us > 0
    )
    GROUP BY cohort_s`;
}
