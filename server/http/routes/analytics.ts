import { Type } from 'typebox';
import { hourOf, hoursBetween, MAX_HOURS } from '../../events/hours.ts';
import type { HourlyCounts } from '../../queries/hourly/hour-counter.ts';
import { HourCounts, HourCountsText, HourQuery, HoursQuery } from './analytics-schemas.ts';
import { tryLater } from '../operation/answers.ts';
import type { RequestContext } from '../operation/context.ts';
import { asksForFresh, failures } from './question-parameters.ts';
import { operation, type Operation } from '../operation/operation.ts';
import type { ReadingDependencies } from './reads.ts';
import { writeHead } from '../middleware/headers.ts';

/** The exact counts of hours. */
export function analyticsOperations(dependencies: ReadingDependencies): readonly Operation[] {
  return [hour(dependencies), hours(dependencies)];
}

const TAG = 'Hourly analytics';
/** From here on an answer says how old it is. The cache is briefer, unless it has to do without ClickHouse. */
const OLD_MS = 2_000;
const PLAIN_TEXT = ['Content-Type', 'text/plain; charset=utf-8'];
const FAILURES = {
  ...failures,
  503: tryLater(
    'ClickHouse is unavailable, and no answer is known that may be given again; or there is no time for this question now',
  ),
};

function hour({ reads, nowMs }: ReadingDependencies): Operation {
  const content = { 'text/plain': HourCountsText, 'application/json': HourCounts };
  return operation({
    method: 'get',
    path: '/analytics',
    tag: TAG,
    summary: 'The exact counts of the UTC hour that holds a timestamp',
    description:
      'Zeros for an hour without events. An acknowledged event is in the answer within 2 seconds; ' +
      '`Cache-Control: no-cache` skips the cache.',
    access: 'scoped read',
    query: HourQuery,
    answers: {
      200: {
        description: 'The counts',
        content,
        headers: { Age: 'how many seconds old the counts are, when more than 2: while ClickHouse is unavailable' },
      },
      ...FAILURES,
    },
    handle: async (ctx, { query: { timestamp } }) => {
      const { counts, readMs } = await reads(ctx).hour(hourOf(timestamp), { fresh: asksForFresh(ctx) });
      const ageMs = nowMs() - readMs;
      if (ageMs > OLD_MS) ctx.set('Age', String(Math.floor(ageMs / 1000)));
      await endOfTurn();
      if (prefersJson(ctx)) {
        ctx.body = toJson(counts);
        return;
      }
      const text = toText(counts);
      writeHead(ctx, 200, [...PLAIN_TEXT, 'Content-Length', String(text.length)]).end(text);
    },
  });
}

function hours({ reads }: ReadingDependencies): Operation {
  const content = { 'application/json': Type.Object({ hours: Type.Array(HourCounts) }) };
  return operation({
    method: 'get',
    path: '/analytics/hours',
    tag: TAG,
    summary: 'The exact counts of every hour of a range',
    description: `Every hour of \`[from, to)\` in order, zeros included; at most ${MAX_HOURS}.`,
    access: 'scoped read',
    query: HoursQuery,
    answers: { 200: { description: 'The counts, hour by hour', content }, ...FAILURES },
    handle: async (ctx, { query: { from, to } }) => {
      const counts = await reads(ctx).hours(hoursBetween(from, to), { fresh: asksForFresh(ctx) });
      ctx.body = { hours: counts.map(toJson) };
    },
  });
}

let turn: Promise<void> | undefined;

/**
 * Resolves for everyone who waits when this turn of the event loop has read its requests. Answers that need no I/O then
 * leave together: the first send wakes a client that sleeps, and the others find it awake. Sent one by one, as each
 * request is parsed, every send pays for a wake-up; on a loopback of two cores that was half the time of a request.
 */
function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}

/** Negotiation costs more than the answer; most clients say nothing or take anything. */
function prefersJson(ctx: RequestContext): boolean {
  const accept = ctx.get('Accept');
  return accept !== '' && accept !== '*/*' && ctx.accepts('text/plain', 'application/json') === 'application/json';
}

function toText({ uniqueUsers, clicks, impressions }: HourlyCounts): string {
  return `unique_users,${uniqueUsers}\nclicks,${clicks}\nimpressions,${impressions}\n`;
}

function toJson({ hour, uniqueUsers, clicks, impressions }: HourlyCounts) {
  return { hour: new Date(hour).toISOString(), unique_users: uniqueUsers, clicks, impressions };
}
