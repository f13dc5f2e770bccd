import { backoffMs, pause, type Backoff } from '../../server/common/retry.ts';
import type { Answer, HttpClient, NoAnswer } from '../load/http-client.ts';
import type { Latency } from '../measure/latency.ts';
import type { AnalyticsEvent } from './traffic.ts';

/**
 * What became of an event.
 * - `acknowledged`: 204, it must be counted once
 * - `unknown`: sent without an answer, or answered by something that does not say: counted once or not at all
 * - `undelivered`: the server stayed unavailable or kept saying 503 or 429: must not be counted
 * - `rejected`: the server refused this event (4xx): must not be counted
 */
export type Outcome = 'acknowledged' | 'unknown' | 'undelivered' | 'rejected';

export interface Delivery {
  readonly outcome: Outcome;
  /** What the last request came back with. */
  readonly reply: Answer | NoAnswer;
}

const MAX_TRIES = 25;
const MAX_RETRY_AFTER_MS = 10_000;
const BACKOFF: Backoff = { firstMs: 50, maxMs: 2000 };

/** The path and query that post one event. */
export function eventPath({ timestampMs, user, kind }: AnalyticsEvent): string {
  return `/analytics?timestamp=${timestampMs}&user=${encodeURIComponent(user)}&${kind}`;
}

/**
 * Posts one event, again as long as it certainly was not stored: up to 25 times, over about 40 s. It is never sent twice
 * when the first may have been stored, because `POST /analytics` has no key that would tell them apart.
 */
export async function deliver(
  event: AnalyticsEvent,
  client: HttpClient,
  latency: Latency,
  signal: AbortSignal,
): Promise<Delivery> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await latency.time(() => client.request('POST', eventPath(event)));
    const outcome = outcomeOf(reply);
    if (outcome !== 'undelivered' || attempt === MAX_TRIES || signal.aborted) return { outcome, reply };
    await pause(waitMs(reply, attempt), signal);
  }
}

/** Asks until there is an answer that is not to come back later: a GET may be sent again. Up to 25 times, over about 40 s. */
export async function ask(
  client: HttpClient,
  path: string,
  headers: Readonly<Record<string, string>>,
  latency: Latency,
  signal: AbortSignal,
): Promise<Answer | NoAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await latency.time(() => client.request('GET', path, headers));
    const isFinal = reply.kind === 'answer' && !isForLater(reply.status);
    if (isFinal || attempt === MAX_TRIES || signal.aborted) return reply;
    await pause(waitMs(reply, attempt), signal);
  }
}

/** What a reply to a POST says about its event; the last word when it is not tried again. */
export function outcomeOf(reply: Answer | NoAnswer): Outcome {
  if (reply.kind !== 'answer') return reply.kind === 'unsent' ? 'undelivered' : 'unknown';
  if (reply.status === 204) return 'acknowledged';
  if (isForLater(reply.status)) return 'undelivered';
  return reply.status >= 400 && reply.status < 500 ? 'rejected' : 'unknown';
}

function isForLater(status: number): boolean {
  return status === 503 || status === 429;
}

/** A reply as a few words. */
export function describeReply(reply: Answer | NoAnswer): string {
  return reply.kind === 'answer' ? `${reply.status} ${reply.body}`.trim() : `${reply.kind}: ${reply.cause.message}`;
}

function waitMs(reply: Answer | NoAnswer, attempt: number): number {
  const asked = reply.kind === 'answer' ? reply.retryAfterS : undefined;
  return asked === undefined ? backoffMs(attempt, BACKOFF, Math.random) : Math.min(asked * 1000, MAX_RETRY_AFTER_MS);
}
