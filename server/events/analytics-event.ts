import { invalid, show, type Issue } from '../common/errors.ts';
import { ANALYTICS_CATEGORY, MAX_TIMESTAMP_MS, NO_DATA, type Event } from './event.ts';
import { parseEventId } from './event-id.ts';
import { givenText } from './given-text.ts';
import type { Query } from './query-parameters.ts';

/** `now` in milliseconds since the epoch; how far ahead of it a timestamp may be. */
export interface TimestampLimits {
  readonly nowMs: number;
  readonly maxFutureMs: number;
}

/** What came with the parameters of an analytics event. */
export interface Accompaniment {
  /** Whose key came with it; the empty string for none. */
  readonly application?: string | undefined;
  /** Every `Idempotency-Key` header, as Node gives headers: a character a byte. */
  readonly idempotencyKeys?: readonly string[] | undefined;
}

/**
 * The event of `POST /analytics?timestamp={ms}&user={name}&click` (or `&impression`, or `&event=click|impression`), with
 * `&event_id={id}` or the header `Idempotency-Key` where the sender names it.
 * @throws AppError `invalid` with one issue a parameter that is wrong
 */
export function parseAnalyticsEvent(
  query: Query,
  { nowMs, maxFutureMs }: TimestampLimits,
  { application = '', idempotencyKeys = [] }: Accompaniment = {},
): Event {
  const issues: Issue[] = [];
  const latest = Math.min(nowMs + maxFutureMs, MAX_TIMESTAMP_MS);
  const { timestamp } = query;
  const timestampMs = typeof timestamp === 'string' && /^\d{1,16}$/.test(timestamp) ? Number(timestamp) : NaN;
  if (!(timestampMs <= latest)) {
    const expected = `a whole number of milliseconds since the epoch, from 0 to now + ${maxFutureMs}`;
    const at = timestampMs > latest ? ` at ${Math.floor(nowMs)}` : '';
    issues.push({ path: 'timestamp', message: `received ${show(timestamp)}${at}, expected ${expected}` });
  }
  const user = givenText(query['user'], 'user', issues);
  const name = parseName(query, issues);
  const eventId = parseEventId(query['event_id'], idempotencyKeys, issues);
  if (issues.length > 0) throw invalid(issues);
  return {
    timestampUs: timestampMs * 1000,
    application,
    sessionId: '',
    user,
    category: ANALYTICS_CATEGORY,
    name,
    data: NO_DATA,
    eventId,
  };
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
