import type { Middleware } from 'koa';
import { AppError, show } from '../../common/errors.ts';

/**
 * Comes after the routes: gives a request that none of them took its error. The router's `allowedMethods` below it sets
 * `Allow` where the path takes other methods.
 */
export const unanswered: Middleware = async (ctx, next) => {
  await next();
  if (ctx.status === 404) {
    throw new AppError('not_found', `received ${ctx.method} ${show(ctx.path)}, expected one of the documented paths`);
  }
  if (ctx.status === 405 || ctx.status === 501) {
    const allowed = ctx.response.get('Allow');
    throw new AppError(
      'method_not_allowed',
      `received ${ctx.method} for ${show(ctx.path)}, expected one of ${allowed}`,
    );
  }
};
