import { STATUS_CODES } from 'node:http';
import type { Middleware } from 'koa';
import { AppError, show, type ErrorCode } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { aboutRequest, type RequestContext, type RequestState } from '../operation/context.ts';

/** The one table from error code to HTTP status. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  too_expensive: 422,
  not_kept: 422,
  unsupported_media_type: 415,
  // As nginx says it; nobody reads it but the metrics.
  cancelled: 499,
  // A caller's rate, and for some clients that this server has no room: `access.ts`, `server/load-shedding.ts`, a dialect's `pressure`.
  rate_limited: 429,
  internal: 500,
  overloaded: 503,
  unavailable: 503,
};

/** `Basic` lets a person with a browser give the key as user name. */
const CHALLENGES = ['Bearer realm="clickhour"', 'Basic realm="clickhour", charset="UTF-8"'];

/**
 * Turns whatever is thrown below it into `application/problem+json` (RFC 9457), and so what no route took. What is
 * unknown is logged, not shown.
 */
export function problems(log: Logger): Middleware<RequestState> {
  return async (ctx, next) => {
    try {
      await next();
      expectTaken(ctx);
    } catch (error) {
      answer(ctx, asAppError(error), log);
    }
  };
}

const NOT_TAKEN: readonly number[] = [404, 405, 501];

/**
 * Where no route took a request, Koa has 404, and the router's `allowedMethods` has set 405 or 501, with `Allow` for a path
 * that takes other methods.
 */
function expectTaken(ctx: RequestContext): void {
  if (!NOT_TAKEN.includes(ctx.status)) return;
  const allowed = String(ctx.res.getHeader('Allow') ?? '');
  if (allowed === '')
    throw new AppError('not_found', `received ${ctx.method} ${show(ctx.path)}, expected one of the documented paths`);
  const detail = `received ${ctx.method} for ${show(ctx.path)}, expected one of ${allowed}`;
  throw new AppError('method_not_allowed', detail);
}

/** An error as callers are told of it (RFC 9457). With the type `about:blank`, the title is the phrase of the status. */
export interface ProblemDetails {
  readonly title: string | undefined;
  readonly status: number;
  readonly detail: string;
}

/** What callers are told of anything that was thrown. Of what nobody foresaw they are told nothing. */
export function problemOf(thrown: unknown): ProblemDetails {
  const error = asAppError(thrown);
  const status = STATUSES[error.code];
  const detail = error.code === 'internal' ? 'The reason is in the log of the server' : error.message;
  return { title: STATUS_CODES[status], status, detail };
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal', 'unexpected error', { cause: error });
}

function answer(ctx: RequestContext, error: AppError, log: Logger): void {
  const { title, status, detail } = problemOf(error);
  if (error.code === 'internal') {
    log.error({ err: error.cause ?? error, path: ctx.path, ...aboutRequest(ctx.state) }, 'a request failed');
  }
  ctx.status = status;
  if (error.retryAfterS !== undefined) ctx.set('Retry-After', String(error.retryAfterS));
  if (error.code === 'unauthorized') ctx.set('WWW-Authenticate', CHALLENGES);
  ctx.body = JSON.stringify({
    type: 'about:blank',
    title,
    status,
    detail,
    ...(error.issues.length > 0 ? { errors: error.issues } : {}),
    ...error.extensions,
  });
  ctx.type = 'application/problem+json';
}
