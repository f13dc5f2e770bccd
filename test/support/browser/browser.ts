import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { Closing } from '../../../server/closing.ts';
import { chromium } from './chromium.ts';
import { Profiles } from './profiles.ts';
import { PageWatch } from './page-watch.ts';
import { projectRoot } from '../../../server/common/project-root.ts';

/** What a test has of the browser. */
export interface Visit {
  /** Opens an address in a tab of its own, which knows nothing yet; what is kept for all tabs of a site stays in a file. */
  readonly open: (url: string, options?: VisitOptions) => Promise<Page>;
  /** Says that what the browser complains about may match this; any other complaint fails the test. */
  readonly allowTrouble: (pattern: RegExp) => void;
  /** What the test opens itself, and what its pages need: it closes after the pages, which would complain. */
  readonly closing: Closing;
}

export interface VisitOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** In CSS pixels; that of a desktop unless said otherwise. */
  readonly width?: number;
  /** Whether it has a screen to touch. */
  readonly hasTouch?: boolean;
  /** IANA name; UTC unless said otherwise. */
  readonly timezoneId?: string;
}

/** The widths at which a view is looked at: a phone's and a desktop's. */
const WIDTHS = [375, 1280] as const;
const DESKTOP = { width: 1280, height: 900 };
const SCREENSHOTS = path.join(projectRoot, 'test/browser/screenshots/');

/**
 * Makes a test of one that needs a browser, for `it`. It fails too on errors in the console (violations of the
 * Content-Security-Policy are there), on requests that fail, and on any request to another host; then there are
 * screenshots of what it saw last. Where there is no Chromium it is pending; `chromium` says when that is a failure.
 */
export function inBrowser(test: (visit: Visit) => Promise<void>): Mocha.AsyncFunc {
  return async function () {
    const browser = await chromium();
    // A newcomer's laptop need not have Chromium; `.ci/run` installs it, and there `chromium` fails instead.
    if (browser === undefined) this.skip();
    const watch = new PageWatch();
    const profiles = Profiles.of(browser);
    const closing = new Closing();
    try {
      await test({
        open: async (url, options) => open(profiles, { url, options, watch }),
        allowTrouble: (pattern) => watch.allow(pattern),
        closing,
      });
      watch.expectNoTrouble();
      await profiles.closePages();
    } catch (error) {
      const name = `failed-${this.test?.fullTitle() ?? ''}`;
      // A page that cannot be drawn must not hide why the test failed.
      await Promise.allSettled(profiles.pages().map(async (page, index) => keep(page, `${name} ${index + 1}`)));
      throw error;
    } finally {
      await closing.close();
    }
  };
}

interface Opening {
  readonly url: string;
  readonly options: VisitOptions | undefined;
  readonly watch: PageWatch;
}

async function open(profiles: Profiles, { url, options, watch }: Opening): Promise<Page> {
  const { width = DESKTOP.width, ...rest } = options ?? {};
  const page = await profiles.newPage({ colorScheme: 'light', timezoneId: 'UTC', ...rest });
  await page.setViewportSize({ ...DESKTOP, width });
  watch.watch(page, new URL(url).origin);
  await page.goto(url);
  return page;
}

/** Keeps pictures of the whole page, at two widths, in `test/browser/screenshots`, and leaves the page as it was. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const viewport = page.viewportSize() ?? DESKTOP;
  for (const width of WIDTHS) {
    await page.setViewportSize({ ...viewport, width });
    await keep(page, `${name}-${width}`);
  }
  await page.setViewportSize(viewport);
}

async function keep(page: Page, name: string): Promise<void> {
  const file = `${name.toLowerCase().replaceAll(/[^\w-]+/g, '-')}.png`;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SCREENSHOTS, file), fullPage: true });
}
