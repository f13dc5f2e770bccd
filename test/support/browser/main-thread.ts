import type { Page } from 'playwright-core';

/** What the browser has noted of something that ran. */
export interface Trace {
  readonly name: string;
  /** Microseconds of the thread's own time, in which it did not wait for others: when it began, and how long it took. */
  readonly tts?: number;
  readonly tdur?: number;
  readonly args?: { readonly data?: { readonly url?: string }; readonly fileName?: string };
}

const CATEGORIES = ['devtools.timeline', 'v8', 'disabled-by-default-v8.compile'];

/** What a page does meanwhile. */
export async function tracesOf(page: Page, act: () => Promise<void>): Promise<readonly Trace[]> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser of its own');
  await browser.startTracing(page, { categories: CATEGORIES });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: Trace[] };
  return traceEvents;
}

/** How long a script kept its thread busy: to compile it, to run it, and what it had called later. */
export function busyMs(traces: readonly Trace[], url: string): number {
  const own = traces.filter(({ args }) => args?.data?.url === url || args?.fileName === url);
  const spans = own
    .map(({ tts = 0, tdur = 0 }) => ({ from: tts, to: tts + tdur }))
    .sort((one, other) => one.from - other.from);
  let busyUs = 0;
  let until = 0;
  // One may be within another.
  for (const { from, to } of spans) {
    busyUs += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return busyUs / 1000;
}
