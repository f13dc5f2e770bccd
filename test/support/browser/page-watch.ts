import type { Page } from 'playwright-core';

const MAX_TROUBLES = 1_000;

/** Collects what a browser complains about on the pages of one test. */
export class PageWatch {
  readonly #troubles: string[] = [];
  readonly #allowed: RegExp[] = [];

  /** From now on. @param origin of everything that the page may ask for */
  watch(page: Page, origin: string): void {
    page.on('pageerror', (error) => this.#note(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#note(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      const isOwn = url.origin === origin || url.protocol === 'data:' || url.protocol === 'blob:';
      if (!isOwn) this.#note(`another host: ${request.method()} ${url.href}`);
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'unknown';
      // The page lets go of its own requests, and says so itself when it should not have.
      if (reason !== 'net::ERR_ABORTED') this.#note(`failed: ${reason} ${request.url()}`);
    });
  }

  allow(pattern: RegExp): void {
    this.#allowed.push(pattern);
  }

  /** What was noted so far and not allowed. */
  unexpected(): string[] {
    return this.#troubles.filter((text) => !this.#allowed.some((pattern) => pattern.test(text)));
  }

  /** @throws Error with everything that is unexpected */
  expectNoTrouble(): void {
    const unexpected = this.unexpected();
    if (unexpected.length > 0) throw new Error(`The browser complained:\n  ${unexpected.join('\n  ')}`);
  }

  #note(trouble: string): void {
    if (this.#troubles.length < MAX_TROUBLES) this.#troubles.push(trouble);
  }
}
