// The part of @koa/cors that is used here; the package has no types of its own.
declare module '@koa/cors' {
  import type { Context, Middleware } from 'koa';

  interface Options {
    /** The origin to allow, or the empty string for none. */
    readonly origin: (ctx: Context) => string;
    readonly allowMethods: readonly string[];
    readonly allowHeaders: readonly string[];
    readonly exposeHeaders: readonly string[];
    readonly maxAge: number;
  }

  export default function cors(options: Options): Middleware;
}
