import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { AppError } from '../server/common/errors.ts';
import { Closing } from '../server/closing.ts';
import { chromium, closeChromium } from '../test/support/browser/chromium.ts';
import { readArguments, refusePositionals, runCommand } from './command.ts';
import { dayOfClicks, productViews } from './traffic/day-of-traffic.ts';
import { eventPath } from './traffic/delivery.ts';
import { createHttpClient } from './load/http-client.ts';
import { startService } from './servers/service.ts';
import { randomSource, userNames } from './traffic/traffic.ts';
import { projectRoot } from '../server/common/project-root.ts';

const SEED = 1;
const USERS = 2_500;
const CONNECTIONS = 40;
const PRODUCT_VIEWS = 1_900;
const SIZE = { width: 1120, height: 840 };
/** In which rows have come to rest and the first figures are replaced by live ones. */
const SETTLE_MS = 2_500;
const TOP_PRODUCTS =
  '/?view=top&by=data.product.name&window=1h&category=shop&show=data.product.department,data.product.price';
/** This file is in .build/bench when it runs. */
const DOCS = path.join(projectRoot, 'docs/');

const USAGE = `Usage: node .build/bench/screenshot.js

Makes the pictures of the README: fills a service of its own with a made-up day of a shop, and looks at it.`;

await runCommand(USAGE, async (args, signal) => {
  refusePositionals(readArguments(args, []));
  const closing = new Closing();
  try {
    const { server } = await startService(closing);
    await fill(server.url, signal);
    closing.add('browser', closeChromium);
    const browser = await chromium();
    if (browser === undefined) throw new AppError('unavailable', 'expected a Chromium; CHROMIUM names one');
    await mkdir(DOCS, { recursive: true });
    await look(browser, `${server.url}/`, '.chart canvas', 'dashboard.png');
    await look(browser, `${server.url}${TOP_PRODUCTS}`, 'tbody tr', 'dashboard-top.png');
    return 0;
  } finally {
    await closing.close();
  }
});

async function fill(url: string, signal: AbortSignal): Promise<void> {
  const random = randomSource(SEED);
  const users = userNames('u', USERS, SEED);
  const clicks = dayOfClicks(random, users, Date.now());
  const client = createHttpClient(url, { maxConnections: CONNECTIONS });
  const post = async () => {
    for (const click of clicks) {
      signal.throwIfAborted();
      const reply = await client.request('POST', eventPath(click));
      if (reply.kind !== 'answer' || reply.status !== 204) {
        throw new AppError('unavailable', `received ${JSON.stringify(reply)}, expected 204`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, post));
  client.close();
  const { status } = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: [...productViews(random, users, Date.now(), PRODUCT_VIEWS)].join('\n'),
  });
  if (status !== 202) throw new AppError('unavailable', `POST /events: received ${status}, expected 202`);
}

/** @param selector of what must be there */
async function look(browser: Browser, url: string, selector: string, name: string): Promise<void> {
  const context = await browser.newContext({ viewport: SIZE, deviceScaleFactor: 2, colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(selector).first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: path.join(DOCS, name), fullPage: true });
  await context.close();
  console.log(path.join(DOCS, name));
}
