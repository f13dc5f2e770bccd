import { FIRST_MS, RARE_NAME, SPAN_MS } from '../traffic/fill-events.ts';

/** One kind of question, and the path with which it is asked for the `n`-th time: each time about something else. */
export interface BenchQuestion {
  readonly name: string;
  readonly path: (n: number) => string;
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
    { name: "a name's year by day", path: (n) => series(n, `${YEAR}&interval=day`) },
    { name: 'the same in Kolkata', path: (n) => series(n, `${YEAR}&interval=day&timezone=Asia/Kolkata`) },
    { name: 'its users by week', path: (n) => series(n, `${YEAR}&interval=week&measure=users`) },
    { name: 'a month by day and a path', path: (n) => `/events/series?interval=day&by=data.element&${hours(n, 720)}` },
    {
      name: 'a month of a name by day and a path',
      path: (n) => series(n, `interval=day&by=data.path&${hours(n, 720)}`),
    },
    { name: 'a funnel of three steps, a month', path: (n) => `/events/funnel?${STEPS}&within=7d&${hours(n, 720)}` },
    {
      name: 'retention by week, a quarter',
      path: (n) => `/events/retention?first=pageview&return=checkout&interval=week&periods=13&${hours(n, 2160)}`,
    },
    { name: 'the newest rejected', path: () => '/events/rejected' },
    { name: 'the rejected of a reason', path: () => '/events/rejected?reason=schema&application=blog' },
  ];
}

const YEAR = `from=${FIRST_MS}&to=${FIRST_MS + SPAN_MS}`;
const STEPS = 'step=pageview&step=add%20to%20cart&step=purchase';
const NAMES = ['pageview', 'scroll', 'checkout', 'play', 'query', 'login'];

function series(n: number, query: string): string {
  return `/events/series?name=${NAMES[n % NAMES.length]}&${query}`;
}

function timeOf(n: number): number {
  return FIRST_MS + Math.floor(((n * 0.618_034) % 1) * SPAN_MS);
}

function hours(n: number, count: number): string {
  return `from=${timeOf(n)}&to=${timeOf(n) + count * HOUR_MS}`;
}

function category(n: number): string {
  return encodeURIComponent(CATEGORIES[n % CATEGORIES.length] ?? '');
}
