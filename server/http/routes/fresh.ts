import type { RequestContext } from '../operation/context.ts';

/** Whether a request says `Cache-Control: no-cache`. */
export function asksForFresh(ctx: RequestContext): boolean {
  const { 'cache-control': directives } = ctx.req.headers;
  return directives !== undefined && /(^|[ ,])no-cache($|[ ,])/i.test(directives);
}
