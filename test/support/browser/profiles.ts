import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** A wait that ends early costs nothing; machines that do other things too need it. */
const PATIENCE_MS = 30_000;

interface Profile {
  readonly context: BrowserContext;
  /** Its process is that of all pages of the profile, and would end with the last one of them. */
  readonly blank: Page;
}

/**
 * What a browser is to its pages: its colours, its time zone. One that is there already is taken again, because a new one
 * takes a process of its own, which compiles everything anew: half of what it takes to show a page.
 */
export class Profiles {
  static readonly #ofBrowsers = new WeakMap<Browser, Profiles>();
  readonly #browser: Browser;
  readonly #profiles = new Map<string, Profile>();

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static of(browser: Browser): Profiles {
    const known = this.#ofBrowsers.get(browser) ?? new Profiles(browser);
    this.#ofBrowsers.set(browser, known);
    return known;
  }

  async newPage(options: BrowserContextOptions): Promise<Page> {
    const key = JSON.stringify(options);
    const profile = this.#profiles.get(key) ?? (await this.#newProfile(options));
    this.#profiles.set(key, profile);
    return await profile.context.newPage();
  }

  /** Those that were opened, also by a page or by the test itself. */
  pages(): Page[] {
    return [...this.#profiles.values()].flatMap(({ context, blank }) =>
      context.pages().filter((page) => page !== blank),
    );
  }

  async closePages(): Promise<void> {
    await Promise.all(this.pages().map(async (page) => page.close()));
  }

  async #newProfile(options: BrowserContextOptions): Promise<Profile> {
    const context = await this.#browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    return { context, blank: await context.newPage() };
  }
}
