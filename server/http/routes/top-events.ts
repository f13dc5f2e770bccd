import type { Static } from 'typebox';
import { invalid, show } from '../../common/errors.ts';
import { parseDataCondition, parseDataPath, parseDataPaths } from '../../events/data/data-path.ts';
import { formatTimeUs } from '../../events/time.ts';
import type { TopKey, TopQuestion } from '../../queries/top/top-events.ts';
import { operation, type Operation } from '../operation/operation.ts';
import { found, groupKeyOf, rangeOf } from './question-parameters.ts';
import type { ReadingDependencies } from './reads.ts';
import { Top, TopQuery, WINDOWS_MS } from './top-events-schemas.ts';

/** What the parameters of a top list mean. */
export const DESCRIPTION =
  'First the filters (`application`, `category`, `name`, and `from`, `to` or `window`, which are about the timestamp) choose events. ' +
  'Then, with `unique`, of those that share the value at that path only the latest is left, by timestamp and then by ' +
  'arrival; an event without a value there stands for itself. Then each `where` must hold. What is left is counted by ' +
  '`by`: the events, or with `measure` the different users or sessions they name; the largest counts first and those that are equal in the order of their keys. A path leads to a value of any ' +
  'type, and values are compared as text: a string without its quotes, anything else as JSON. An event without a key (an ' +
  'empty session or user, a path that leads to nothing or to null) is not counted. `show` is read from the latest event ' +
  'of each key.';

/** What there is most of. */
export function topEvents({ reads, nowMs }: ReadingDependencies): Operation {
  return operation({
    method: 'get',
    path: '/events/top',
    tag: 'Events',
    access: 'scoped read',
    summary: 'The keys with the most events, users or sessions',
    description: DESCRIPTION,
    query: TopQuery,
    answers: found('At most `limit` keys; none when nothing matches', Top),
    handle: async (ctx, { query }) => {
      const now = nowMs();
      const question = topQuestion(query, now);
      ctx.body = topJson(now, question, await reads(ctx).ask('top', question));
      ctx.type = 'application/json';
    },
  });
}

/**
 * The question that parameters ask at a time, in milliseconds since the epoch.
 * @throws AppError `invalid` when they contradict each other
 */
export function topQuestion(query: Static<typeof TopQuery>, nowMs: number): TopQuestion {
  const { by, measure, application, category, name, unique, where = [], show: shown, limit } = query;
  return {
    by: groupKeyOf(by),
    measure,
    application,
    category,
    name,
    ...timesOf(query, nowMs),
    unique: unique === undefined ? undefined : parseDataPath(unique, 'unique'),
    where: where.map((text) => parseDataCondition(text)),
    show: shown === undefined ? [] : parseDataPaths(shown),
    limit,
  };
}

/**
 * The same text for parameters that ask the same question, whatever way they are written.
 * @throws AppError `invalid` when they contradict each other
 */
export function canonicalTop(query: Static<typeof TopQuery>): string {
  // As if now were 1970: a window then begins before all that `from` may be, and stays apart from it.
  const { where, ...question } = topQuestion(query, 0);
  const conditions = where.map(({ path, value }) => `${path.text}:${value}`);
  return JSON.stringify({ ...question, where: [...new Set(conditions)].sort() });
}

function timesOf({ window, from, to }: Static<typeof TopQuery>, nowMs: number) {
  if (window === undefined) return rangeOf({ from, to });
  if (from !== undefined) {
    throw invalid([{ path: 'window', message: `received ${show(window)} and from, expected one of them` }]);
  }
  return { ...rangeOf({ to }), fromUs: (nowMs - WINDOWS_MS[window]) * 1000, isWindow: true };
}

/**
 * The answer as JSON text. Written by hand because what is shown goes in as ClickHouse gives it: to parse it would round
 * big integers.
 */
export function topJson(nowMs: number, { show: paths }: TopQuestion, top: readonly TopKey[]): string {
  const keys = top.map(({ key, count, shown }) => {
    const values = paths.map(({ text }, index) => `,${JSON.stringify(text)}:${shown[index] || 'null'}`);
    return `{"key":${JSON.stringify(key)},"count":${count}${values.join('')}}`;
  });
  return `{"generated_at":"${formatTimeUs(nowMs * 1000)}","top":[${keys.join(',')}]}`;
}
