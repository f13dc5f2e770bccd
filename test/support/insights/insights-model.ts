import type { FunnelQuestion } from '../../../server/queries/insights/funnel.ts';
import { beginningsBetween, type Interval } from '../../../server/queries/insights/intervals.ts';
import type { RetentionQuestion } from '../../../server/queries/insights/retention.ts';
import type { SeriesQuestion } from '../../../server/queries/insights/series.ts';
import type { Step } from '../../../server/queries/insights/steps.ts';
import { parseTimeZone } from '../../../server/queries/insights/zone-clock.ts';
import type { DataPath } from '../../../server/events/data/data-path.ts';
import type { EventRow } from '../clickhouse/insert-events.ts';
import { numberOf } from './local-time.ts';

/** What the answers must be, over arrays of events that are there once. Of questions that leave nothing to defaults. */
type Whole<Q extends { fromUs?: number | undefined; toUs?: number | undefined }> = Q & {
  readonly fromUs: number;
  readonly toUs: number;
};

export interface ModelSeries {
  readonly key: string | null;
  readonly total: number;
  readonly values: readonly number[];
}

export function modelSeries(events: readonly EventRow[], question: Whole<SeriesQuestion>): ModelSeries[] {
  const { by, where, measure, limit, fromUs, toUs } = question;
  const found = ofFilters(events, question)
    .filter(({ timestamp }) => timestamp >= fromUs && timestamp < toUs)
    .filter((event) => where.every(({ path, value }) => textAt(event, path) === value));
  const keyed = new Map<string, EventRow[]>();
  for (const event of found) {
    const key = by === undefined ? '' : typeof by === 'string' ? event[by] : (textAt(event, by) ?? '\0none');
    if (by !== undefined && (key === '\0none' || (typeof by === 'string' && key === ''))) continue;
    keyed.set(key, [...(keyed.get(key) ?? []), event]);
  }
  if (by === undefined && keyed.size === 0) keyed.set('', []);
  const places = placesOf(question);
  const series = [...keyed].map(([key, own]) => ({
    key: by === undefined ? null : key,
    total: count(own, measure),
    values: places.inOrder.map((place) =>
      count(
        own.filter((event) => places.of(event.timestamp) === place),
        measure,
      ),
    ),
  }));
  if (by === undefined) return series;
  return series
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || Buffer.compare(Buffer.from(a.key ?? ''), Buffer.from(b.key ?? '')))
    .slice(0, limit);
}

function count(events: readonly EventRow[], measure: SeriesQuestion['measure']): number {
  if (measure === 'events') return events.length;
  const persons = events.map(({ user, session_id }) => (measure === 'users' ? user : session_id));
  return new Set(persons.filter((person) => person !== '')).size;
}

/** The intervals of a range, and that of an event. */
function placesOf({ interval, timezone, fromUs, toUs }: Whole<SeriesQuestion>) {
  if (interval === 'day' || interval === 'week' || interval === 'month') {
    const of = (us: number) => numberOf(timezone, interval, us);
    const inOrder = fromUs === toUs ? [] : range(of(fromUs), of(toUs - 1));
    return { of, inOrder };
  }
  const starts = startsOf(timezone, interval, fromUs, toUs);
  return { of: (us: number) => starts.findLast((ms) => ms * 1000 <= us) ?? NaN, inOrder: starts };
}

/** Of hours and minutes, whole ones of UTC where the zone's are those; half hours are tested where they are made. */
function startsOf(
  zone: string,
  interval: Extract<Interval, 'hour' | 'minute'>,
  fromUs: number,
  toUs: number,
): number[] {
  const unitMs = interval === 'hour' ? 3_600_000 : 60_000;
  const hasHalves = zone === 'Asia/Kolkata' || zone === 'Australia/Lord_Howe';
  if (hasHalves && interval === 'hour')
    return beginningsBetween(parseTimeZone(zone), interval, Math.floor(fromUs / 1000), Math.ceil(toUs / 1000), 1e6);
  const first = Math.floor(fromUs / 1000 / unitMs);
  return fromUs === toUs ? [] : range(first, Math.ceil(toUs / 1000 / unitMs) - 1).map((unit) => unit * unitMs);
}

/** How many did each step: every way to choose events for them is tried. */
export function modelFunnel(events: readonly EventRow[], question: Whole<FunnelQuestion>): number[] {
  const levels = [...people(ofFilters(events, question), question.by)].map((own) => levelOf(own, question));
  return question.steps.map((_, index) => levels.filter((level) => level > index).length);
}

function levelOf(events: readonly EventRow[], { steps, withinUs, fromUs, toUs }: Whole<FunnelQuestion>): number {
  const used = new Set<EventRow>();
  const reach = (done: number, firstUs: number, lastUs: number): number => {
    const step = steps[done];
    if (step === undefined) return done;
    let best = done;
    for (const event of events) {
      const { timestamp } = event;
      const fits =
        done === 0 ? timestamp >= fromUs && timestamp < toUs : timestamp >= lastUs && timestamp <= firstUs + withinUs;
      if (!fits || used.has(event) || !isStep(event, step)) continue;
      used.add(event);
      best = Math.max(best, reach(done + 1, done === 0 ? timestamp : firstUs, timestamp));
      used.delete(event);
      if (best === steps.length) break;
    }
    return best;
  };
  return reach(0, 0, 0);
}

export interface ModelCohort {
  readonly size: number;
  readonly returned: readonly number[];
}

export function modelRetention(events: readonly EventRow[], question: Whole<RetentionQuestion>): ModelCohort[] {
  const { first, again, by, interval, timezone, periods, fromUs, toUs } = question;
  const of = (us: number) => numberOf(timezone, interval, us);
  const cohorts = fromUs === toUs ? [] : range(of(fromUs), of(toUs - 1));
  const members = [...people(ofFilters(events, question), by)].flatMap((own) => {
    const times = own.filter((event) => isStep(event, first) && event.timestamp >= fromUs && event.timestamp < toUs);
    if (times.length === 0) return [];
    const firstUs = Math.min(...times.map(({ timestamp }) => timestamp));
    const returns = own.filter((event) => isStep(event, again) && event.timestamp >= firstUs);
    return [{ cohort: of(firstUs), cameBack: new Set(returns.map(({ timestamp }) => of(timestamp) - of(firstUs))) }];
  });
  return cohorts.map((cohort) => {
    const own = members.filter((member) => member.cohort === cohort);
    const returned = range(0, periods - 1).map((n) => own.filter(({ cameBack }) => cameBack.has(n)).length);
    return { size: own.length, returned };
  });
}

/** The events of each, without those of nobody. */
function people(events: readonly EventRow[], by: 'user' | 'session_id'): Iterable<EventRow[]> {
  const found = new Map<string, EventRow[]>();
  for (const event of events) if (event[by] !== '') found.set(event[by], [...(found.get(event[by]) ?? []), event]);
  return found.values();
}

function isStep(event: EventRow, step: Step): boolean {
  return step.some(
    ({ category, name }) => event.name === name && (category === undefined || event.category === category),
  );
}

interface Filters {
  readonly application?: string | undefined;
  readonly category?: string | undefined;
  readonly name?: string | undefined;
}

function ofFilters(events: readonly EventRow[], { application, category, name }: Filters): EventRow[] {
  return events.filter(
    (event) => is(application, event.application) && is(category, event.category) && is(name, event.name),
  );
}

/** A string as it is, anything else as JSON; undefined where there is nothing, or null. */
function textAt({ data }: EventRow, { members }: DataPath): string | undefined {
  let value: unknown = JSON.parse(data);
  for (const member of members) value = isObject(value) ? value[member] : undefined;
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function is(wanted: string | undefined, value: string): boolean {
  return wanted === undefined || wanted === value;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
