import helmet from 'koa-helmet';
import type { Operation } from '../operation/operation.ts';

/** Where a page may take its styles from: this server, and with `inline` also its own tags and attributes. */
export type Styles = 'own' | 'inline';

/**
 * Wraps the handler of an HTML page in the headers that a browser needs to be strict with it: everything from this
 * server, nothing from another host, no frames.
 */
export function page(handle: Operation['handle'], styles: Styles = 'own'): Operation['handle'] {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: styles === 'own' ? ["'self'"] : ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // Whether there is TLS, and for which names, is known to whoever ends it.
    strictTransportSecurity: false,
  });
  return async (ctx) => {
    await protect(ctx, async () => handle(ctx));
  };
}
