import { build, stop } from 'esbuild';
import type { Closing } from '../../../server/closing.ts';
import { programFile } from '../../../server/common/project-root.ts';
import { chromium } from '../../support/browser/chromium.ts';
import { servePages } from '../../support/server/page-server.ts';
import type { Client, Driver } from './sent.ts';
import { visitAll } from './visitors.ts';

interface PageDriver extends Omit<Driver, 'start'> {
  /** The program of its page in `pages/`. */
  readonly page: string;
  /** After so long without news it has given up what is not delivered. */
  readonly quietMs: number;
}

const PAGE_DRIVERS: readonly PageDriver[] = [
  {
    name: '@segment/analytics-next',
    page: 'segment',
    neverMeets: [],
    isPatient: true,
    category: 'track',
    answers: [200, 429],
    quietMs: 60_000,
  },
  {
    name: '@rudderstack/analytics-js',
    page: 'rudderstack',
    neverMeets: [],
    isPatient: true,
    category: 'track',
    answers: [200, 429],
    // It takes over what another page left after ten seconds, and waits up to six minutes before it tries again.
    quietMs: 100_000,
  },
  {
    name: 'posthog-js',
    page: 'posthog',
    neverMeets: [429],
    // A page that goes hands what it has to the browser, and never hears whether it arrived.
    isPatient: false,
    category: 'capture',
    answers: [200, 503],
    quietMs: 15_000,
  },
];

/** Clients that run in a page. */
export const PAGE_CLIENTS: readonly Driver[] = PAGE_DRIVERS.map(({ page, quietMs, ...driver }) => ({
  ...driver,
  start: async (closing) => startPage(closing, page, quietMs),
}));

/** Serves a page with the client in it, on an origin of its own, whose policy lets it speak with the service alone. */
async function startPage(closing: Closing, page: string, quietMs: number): Promise<Client> {
  const browser = await chromium();
  if (browser === undefined) throw new Error('there is no Chromium: CHROMIUM says where it is');
  const client = await bundled(page);
  let destination = { url: '', key: '' };
  const shop = await servePages(
    () => ({
      '/': ['text/html', PAGE],
      '/destination.js': ['text/javascript', `globalThis.destination = ${JSON.stringify(destination)};`],
      '/client.js': ['text/javascript', client],
    }),
    () => `default-src 'none'; script-src 'self'; connect-src ${destination.url}`,
  );
  closing.add('shop', () => shop.close());
  return {
    origin: shop.url,
    send: async (to, events) => {
      destination = { url: to.url, key: to.key };
      return await visitAll({ browser, url: shop.url, destination: to, quietMs }, events);
    },
  };
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>A shop</title>
    <link rel="icon" href="data:," />
    <script src="/destination.js"></script>
    <script src="/client.js"></script>
  </head>
  <body><h1>A shop</h1></body>
</html>`;

/** The program of a page and the package that it is about, as a shop would bundle them. */
async function bundled(page: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [programFile(`test/clients/pages/${page}.js`)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  // Its process would stay.
  await stop();
  return outputFiles[0]?.text ?? '';
}
