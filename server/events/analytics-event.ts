import { invalid, show, type Issue } from '../errors.ts';
import { ANALYTICS_CATEGORY, MAX_NAME_CHARACTERS, MAX_TIMESTAMP_MS, type Event } from './event.ts';
import { isLongerThan, wholeMs, type Query } from './parameters.ts';

/** `now` in milliseconds since the epoch; how far ahead of it a timestamp may be. */
export interface Clock {
  readonly nowMs: number;
  readonly maxFutureMs: number;
}

/**
 * The event of `POST /analytics?timestamp={ms}&user={name}&click` (or `&impression`, or `&event=click|impression`).
 * @param application whose key came with it; the empty string for none
 * @throws AppError `invalid` with one issue a parameter that is wrong
 */
export function parseAnalyticsEvent(query: Query, { nowMs, maxFutureMs }: Clock, application = ''): Event {
  const issues: Issue[] = [];
  const latest = Math.min(nowMs + maxFutureMs, MAX_TIMESTAMP_MS);
  const timestampMs = wholeMs(query, 'timestamp', latest, `now + ${maxFutureMs} (${latest})`, issues);
  const user = parseUser(query['user'], issues);
  const name = parseName(query, issues);
  if (issues.length > 0) throw invalid(issues);
  return {
    timestampUs: timestampMs * 1000,
    application,
    sessionId: '',
    user,
    category: ANALYTICS_CATEGORY,
    name,
    data: '{}',
  };
}

function parseUser(value: Query[string], issues: Issue[]): string {
  const problem = userProblem(value);
  if (problem === undefined && typeof value === 'string') return value;
  issues.push({ path: 'user', message: `received ${show(value)}, expected ${problem}` });
  return '';
}

function userProblem(value: Query[string]): string | undefined {
  if (typeof value !== 'string') return 'one user name';
  if (value === '') return 'a user name that is not empty';
  if (isLongerThan(value, MAX_NAME_CHARACTERS)) return `at most ${MAX_NAME_CHARACTERS} characters`;
  // What the query parser puts for bytes that are not UTF-8; kept, it would make different users one.
  if (value.includes('\uFFFD')) return 'a user name in percent-encoded UTF-8';
  return undefined;
}

const FLAG_VALUES: readonly string[] = ['', '1', 'true'];

function parseName(query: Query, issues: Issue[]): string {
  const given: string[] = [];
  for (const flag of ['click', 'impression']) {
    for (const value of valuesOf(query[flag])) {
      given.push(flag);
      if (FLAG_VALUES.includes(value)) continue;
      issues.push({
        path: flag,
        message: `received ${show(value)}, expected the name alone, without a value`,
      });
    }
  }
  for (const value of valuesOf(query['event'])) {
    given.push(value);
    if (value === 'click' || value === 'impression') continue;
    issues.push({ path: 'event', message: `received ${show(value)}, expected click or impression` });
  }
  const [name = ''] = given;
  if (given.length !== 1) {
    const received = given.length === 0 ? 'neither' : show(given.join(' and '));
    issues.push({
      path: 'event',
      message: `received ${received}, expected exactly one of click or impression`,
    });
  }
  return name;
}

function valuesOf(value: Query[string]): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
