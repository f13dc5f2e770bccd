import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { untilQuiet } from './quiet.ts';
import type { Given } from '../pages/page-client.ts';
import type { Destination, Sent } from './sent.ts';

export interface Visiting {
  readonly browser: Browser;
  /** Of the page with the client. */
  readonly url: string;
  readonly destination: Destination;
  /** After so long without news the client has given up what is not delivered. */
  readonly quietMs: number;
}

/** Visitors who are there at once. */
const AT_ONCE = 5;
/** Of each visitor, in a second: clients limit what they take, and drop what is more. */
const EVENTS_A_SECOND = 10;
const READY_MS = 5_000;
/** A wait that ends early costs nothing; machines that do other things too need it. */
const PATIENCE_MS = 120_000;
const POLL_MS = 100;

/** Has each user of the events visit the page, in a browser that knows nothing yet, and do there what is said. */
export async function visitAll(visiting: Visiting, events: readonly Sent[]): Promise<readonly Sent[]> {
  const visits = [...new Set(events.map(({ user }) => user))].map((user) =>
    events.filter((event) => event.user === user),
  );
  const told: Sent[] = [];
  let toCome = visits.length;
  const onSent = (sent: readonly Sent[]) => {
    told.push(...sent);
    toCome -= 1;
    // What is left must not take for ever.
    if (toCome === 0) visiting.destination.heal();
  };
  const next = async (): Promise<void> => {
    const events = visits.shift();
    if (events === undefined) return;
    await visit(visiting, events, onSent);
    await next();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return told;
}

/** One third on a page, one after it is loaded again, and one in another tab, when the first is closed. */
async function visit(
  { browser, url, destination, quietMs }: Visiting,
  events: readonly Sent[],
  onSent: (sent: readonly Sent[]) => void,
): Promise<void> {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const third = Math.ceil(events.length / 3);
    const sent: Sent[] = [];
    const first = await openTab(context, url);
    await first.evaluate(`pageClient.identify(${JSON.stringify(events[0]?.user)})`);
    sent.push(...(await track(first, events.slice(0, third))));
    await first.reload();
    await untilReady(first);
    sent.push(...(await track(first, events.slice(third, 2 * third))));
    await first.close();
    const other = await openTab(context, url);
    sent.push(...(await track(other, events.slice(2 * third))));
    onSent(sent);
    await untilQuiet(sent, destination, quietMs);
  } finally {
    await context.close();
  }
}

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await untilReady(page);
  return page;
}

/** A visitor of a page that does not work, because the service is away just then, loads it again. */
async function untilReady(page: Page): Promise<void> {
  const question = `Promise.race([
    pageClient.ready.then(() => true, () => false),
    new Promise((resolve) => setTimeout(resolve, ${READY_MS}, false)),
  ])`;
  while (!(await page.evaluate<boolean>(question))) {
    await sleep(POLL_MS);
    await page.reload();
  }
}

/** The page takes its time by itself. */
async function track(page: Page, events: readonly Sent[]): Promise<readonly Sent[]> {
  const told = events.map(({ name, payload, timestamp }) => ({ name, payload, timestamp: timestamp.toISOString() }));
  const given = await page.evaluate<readonly Given[]>(`(async () => {
    const given = [];
    for (const event of ${JSON.stringify(told)}) {
      given.push(await pageClient.track(event));
      await new Promise((resolve) => setTimeout(resolve, ${1_000 / EVENTS_A_SECOND}));
    }
    return given;
  })()`);
  return events.map((event, index) => {
    const { session = '', timestamp = '' } = given[index] ?? {};
    return { ...event, session, timestamp: new Date(timestamp) };
  });
}
