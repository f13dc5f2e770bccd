import { FIRST_MS, RARE_NAME, SPAN_MS } from '../traffic/fill-events.ts';

/** One kind of question, and the path with which it is asked for the `n`-th time: each time about something else. */
export interface BenchQuestion {
  readonly name: string;
  readonly path: (n: number) => string;
  /** How long an answer may take with ten million events on two cores. */
  readonly goalMs?: number;
}

/** The same of what is exported: so many events a second, or more. */
export interface BenchExport {
  readonly name: string;
  readonly path: string;
  readonly goalPerS: number;
}

const HOUR_MS = 3_600_000;
const CATEGORIES = ['page interaction', 'form interaction', 'commerce', 'video', 'search', 'account'];

/** @param sessions ids of sessions that exist, at least as many as questions are asked */
export function questionList(sessions: readonly string[]): readonly BenchQuestion[] {
  const session = (n: number) => sessions[n % sessions.length] ?? '';
  return [
    { name: 'a session', path: (n) => `/sessions/${session(n)}` },
    { name: 'a session, by its filter', path: (n) => `/events?session_id=${session(n)}&order=desc` },
    { name: 'the oldest events', path: () => '/events' },
    { name: 'the newest events', path: () => '/events?order=desc' },
    { name: 'a page in the middle', path: (n) => `/events?order=desc&to=${timeOf(n)}` },
    { name: 'a page of 1000', path: (n) => `/events?limit=1000&from=${timeOf(n)}` },
    { name: 'a category', path: (n) => `/categories/${category(n)}` },
    { name: 'a category, newest', path: (n) => `/categories/${category(n)}?order=desc` },
    {
      name: 'a name of a day',
      path: (n) => `/events?category=commerce&name=purchase&${hours(n, 24)}`,
    },
    { name: 'an application', path: (n) => `/events?application=shop&order=desc&to=${timeOf(n)}` },
    { name: 'a rare name, newest', path: () => `/events?name=${RARE_NAME}&order=desc` },
    { name: 'a name that nothing has', path: () => '/events?name=nothing' },
    { name: 'the categories, fresh', path: () => '/categories' },
    { name: 'the names, fresh', path: () => '/events/names' },
    { name: "a name's year by day", path: (n) => series(n, `${YEAR}&interval=day`), goalMs: 30 },
    { name: 'the same in Kolkata', path: (n) => series(n, `${YEAR}&interval=day&timezone=Asia/Kolkata`) },
    { name: 'its users by week', path: (n) => series(n, `${YEAR}&interval=week&measure=users`), goalMs: 150 },
    {
      name: 'a month by day and a path',
      path: (n) => `/events/series?interval=day&by=data.element&${hours(n, 720)}`,
      goalMs: 300,
    },
    {
      name: 'a month by day and a path of 5,000 values',
      path: (n) => `/events/series?interval=day&by=data.path&${hours(n, 720)}`,
      goalMs: 300,
    },
    {
      name: 'the top of a path, everything',
      path: (n) => `/events/top?by=data.path&limit=${10 + (n % 90)}`,
      goalMs: 1000,
    },
    { name: 'the top sessions, everything', path: (n) => `/events/top?by=session_id&limit=${10 + (n % 90)}` },
    { name: 'the top users of a month', path: (n) => `/events/top?by=user&show=data.path&${hours(n, 720)}` },
    {
      name: 'a month of a name by day and a path',
      path: (n) => series(n, `interval=day&by=data.path&${hours(n, 720)}`),
    },
    {
      name: 'a funnel of three steps, a month',
      path: (n) => `/events/funnel?${STEPS}&within=7d&${hours(n, 720)}`,
      goalMs: 1000,
    },
    {
      name: 'retention by week, a quarter',
      path: (n) => `/events/retention?first=pageview&return=checkout&interval=week&periods=13&${hours(n, 2160)}`,
      goalMs: 1000,
    },
    { name: 'the newest rejected', path: () => '/events/rejected' },
    { name: 'the rejected of a reason', path: () => '/events/rejected?reason=schema&application=blog' },
  ];
}

/** Exports of a quarter. */
export const EXPORTS: readonly BenchExport[] = (['ndjson', 'parquet'] as const).map((format) => ({
  name: `an export of a quarter as ${format}`,
  path: `/events/export?format=${format}&from=${FIRST_MS}&to=${FIRST_MS + SPAN_MS / 4}`,
  goalPerS: 200_000,
}));

const YEAR = `from=${FIRST_MS}&to=${FIRST_MS + SPAN_MS}`;
const STEPS = 'step=pageview&step=add%20to%20cart&step=purchase';
const NAMES = ['pageview', 'scroll', 'checkout', 'play', 'query', 'login'];

function series(n: number, query: string): string {
  return `/events/series?name=${NAMES[n % NAMES.length]}&${query}`;
}

function timeOf(n: number): number {
  return FIRST_MS + Math.floor(((n * 0.618_034) % 1) * SPAN_MS);
}

/** So many hours that all are within what was made. */
function hours(n: number, count: number): string {
  const fromMs = FIRST_MS + Math.floor(((n * 0.618_034) % 1) * (SPAN_MS - count * HOUR_MS));
  return `from=${fromMs}&to=${fromMs + count * HOUR_MS}`;
}

function category(n: number): string {
  return encodeURIComponent(CATEGORIES[n % CATEGORIES.length] ?? '');
}
