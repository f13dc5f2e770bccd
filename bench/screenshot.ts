import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { AppError } from '../server/common/errors.ts';
import { Closing } from '../server/closing.ts';
import { chromium, closeChromium } from '../test/support/browser/chromium.ts';
import { readArguments } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { shopEvents } from './traffic/shop.ts';
import { startService } from './servers/service.ts';
import { randomSource } from './traffic/traffic.ts';
import { projectRoot } from '../server/common/project-root.ts';

const SEED = 1;
const DAYS = 60;
const VISITS_A_DAY = 420;
const EVENTS_OF_BODY = 5_000;
const SIZE = { width: 1120, height: 840 };
/** In which rows have come to rest and the first figures are replaced by live ones. */
const SETTLE_MS = 2_500;
const STEPS = ['page viewed', 'product viewed', 'added to cart', 'checkout', 'purchase'];
/** What is looked at, and what must be there by then. */
const PICTURES = [
  { name: 'dashboard', address: '/?range=31d', selector: '.chart svg' },
  {
    name: 'dashboard-explore',
    address: '/?view=explore&category=account&name=signup&by=data.plan&range=31d&compare=before',
    selector: '.legend li',
  },
  {
    name: 'dashboard-funnel',
    address: `/?view=funnel&${STEPS.map((step) => `step=shop::${encodeURIComponent(step)}`).join('&')}`,
    selector: '.funnel-step',
  },
  {
    name: 'dashboard-retention',
    address: '/?view=retention&first=account::signup&return=shop::page%20viewed',
    selector: '.cohorts td',
  },
  {
    name: 'dashboard-top',
    address: '/?view=top&by=data.product.name&window=24h&category=shop&show=data.product.department,data.product.price',
    selector: 'tbody tr',
  },
] as const;
/** This file is in .build/bench when it runs. */
const DOCS = path.join(projectRoot, 'docs/');

const USAGE = `Usage: node .build/bench/screenshot.js

Makes the pictures of the README: fills a service of its own with made-up weeks of a shop, and looks at it.`;

await runBench(USAGE, async (signal) => {
  readArguments({ options: {} });
  const closing = new Closing();
  try {
    const { server } = await startService(closing);
    await fill(server.url, signal);
    closing.add('browser', closeChromium);
    const browser = await chromium();
    if (browser === undefined) throw new AppError('unavailable', 'expected a Chromium; CHROMIUM names one');
    await mkdir(DOCS, { recursive: true });
    for (const { name, address, selector } of PICTURES) {
      await look(browser, `${server.url}${address}`, selector, `${name}.png`);
    }
    return 0;
  } finally {
    await closing.close();
  }
});

async function fill(url: string, signal: AbortSignal): Promise<void> {
  const shop = { days: DAYS, visitsADay: VISITS_A_DAY, nowMs: Date.now() };
  const lines = [...shopEvents(randomSource(SEED), shop)];
  for (let at = 0; at < lines.length; at += EVENTS_OF_BODY) {
    const { status } = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.slice(at, at + EVENTS_OF_BODY).join('\n'),
      signal,
    });
    if (status !== 202) throw new AppError('unavailable', `POST /events: received ${status}, expected 202`);
  }
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
