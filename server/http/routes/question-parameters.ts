import type { Static, TSchema } from 'typebox';
import { invalid, show } from '../../common/errors.ts';
import { parseDataCondition, parseDataPath, type DataPath } from '../../events/data/data-path.ts';
import { timeUs } from '../../events/query-parameters.ts';
import type { EventFilters } from '../../queries/sql/event-filters.ts';
import { TOP_COLUMNS, type TopColumn } from '../../queries/sql/columns.ts';
import { problem, tryLater } from '../operation/answers.ts';
import type { RequestContext } from '../operation/context.ts';
import type { Operation } from '../operation/operation.ts';
import type { EventsQuery } from './questions-schemas.ts';

/** What a question about events may be answered with instead of its answer. */
export const failures = {
  422: problem(
    'The answer would take more time, memory or rows than a question may, or events that `RETENTION_DAYS` has removed; ' +
      '`detail` says which, and what to ask instead',
  ),
  503: tryLater('ClickHouse is unavailable, or there is no time or room for this question now'),
};

/** The answers to a question: what was found, as JSON, or why nothing was. */
export function found(description: string, schema: TSchema): Operation['answers'] {
  return { 200: { description, content: { 'application/json': schema } }, ...failures };
}

/** Times as they came. */
interface Range {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * A range in whole microseconds since the epoch.
 * @throws AppError `invalid` when it ends before it begins
 */
export function rangeOf({ from, to }: Range) {
  const fromUs = from === undefined ? undefined : timeUs(from);
  const toUs = to === undefined ? undefined : timeUs(to);
  if (fromUs !== undefined && toUs !== undefined && toUs < fromUs) {
    throw invalid([{ path: 'to', message: `received ${show(to)}, expected a time not before from` }]);
  }
  return { fromUs, toUs };
}

/** Filters of events as they came. */
type Filters = Omit<Static<typeof EventsQuery>, 'order' | 'limit' | 'cursor'>;

/** @throws AppError `invalid` when the range ends before it begins, or a condition is none */
export function filtersOf({ session_id: sessionId, where = [], ...filters }: Filters) {
  const { user, category, name, application } = filters;
  const conditions = where.map((text) => parseDataCondition(text));
  return {
    sessionId,
    user,
    category,
    name,
    application,
    where: conditions,
    ...rangeOf(filters),
  } satisfies EventFilters;
}

/** What events are grouped by. @throws AppError `invalid` when it is neither a column nor a path */
export function groupKeyOf(by: string): TopColumn | DataPath {
  return TOP_COLUMNS.find((column) => column === by) ?? parseDataPath(by, 'by');
}

/** Whether a request says `Cache-Control: no-cache`. */
export function asksForFresh(ctx: RequestContext): boolean {
  const { 'cache-control': directives } = ctx.req.headers;
  return directives !== undefined && /(^|[ ,])no-cache($|[ ,])/i.test(directives);
}
