import type { Operation } from '../operation/operation.ts';

/** Where a page may take its styles from: this server, and with `inline` also its own tags and attributes. */
export type Styles = 'own' | 'inline';

const STYLE_SOURCES: Readonly<Record<Styles, string>> = { own: "'self'", inline: "'self' 'unsafe-inline'" };

/**
 * Wraps the handler of an HTML page in the headers that a browser needs to be strict with it: everything from this
 * server, nothing from another host, no frames. Whether there is TLS, and for which names, is known to whoever ends it.
 */
export function page(handle: Operation['handle'], styles: Styles = 'own'): Operation['handle'] {
  const headers = {
    'Content-Security-Policy':
      `default-src 'none';script-src 'self';style-src ${STYLE_SOURCES[styles]};img-src 'self' data:;` +
      "connect-src 'self';form-action 'none';frame-ancestors 'none';base-uri 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Origin-Agent-Cluster': '?1',
    'Referrer-Policy': 'no-referrer',
    'X-DNS-Prefetch-Control': 'off',
    'X-Download-Options': 'noopen',
    'X-Frame-Options': 'DENY',
    'X-Permitted-Cross-Domain-Policies': 'none',
    'X-XSS-Protection': '0',
  };
  return async (ctx) => {
    ctx.set(headers);
    await handle(ctx);
  };
}
