import { expect } from 'chai';
import { inBrowser } from '../../support/browser/browser.ts';
import { startNotingShop } from '../../support/browser/noting-shop.ts';
import { eventually } from '../../support/http/outcome.ts';

/** Nothing waits any more, as in a page that goes. */
const NO_TIMERS = 'globalThis.setTimeout = () => 0';
const HIDDEN = `Object.defineProperty(document, 'visibilityState', { value: 'hidden' })`;

describe('What a page tracks as it goes', function () {
  this.timeout(120_000);

  for (const [target, type] of [
    ['document', 'visibilitychange'],
    ['globalThis', 'pagehide'],
  ] as const) {
    it(
      `leaves with it, in one request, from its own handler of ${type}`,
      inBrowser(async ({ open, closing }) => {
        const shop = await startNotingShop(closing);
        const page = await open(shop.url);
        await page.waitForFunction('localStorage.length === 0');
        const before = shop.requestsMs.length;
        await page.evaluate(`
          ${target}.addEventListener('${type}', () => {
            for (const name of ['read', 'left']) clickhour.track(name);
          });
          ${NO_TIMERS};
          ${HIDDEN};
          ${target}.dispatchEvent(new Event('${type}'));
        `);
        await eventually(() =>
          expect(shop.events().map(({ name }) => name)).to.deep.equal(['pageview', 'read', 'left']),
        );
        expect(shop.requestsMs.length - before).to.equal(1);
      }),
    );
  }

  it(
    'is sent once from a tab that stays behind',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing);
      const page = await open(shop.url);
      await page.waitForFunction('localStorage.length === 0');
      const before = shop.requestsMs.length;
      await page.evaluate(`${HIDDEN}; document.dispatchEvent(new Event('visibilitychange'))`);
      await page.evaluate(`clickhour.track('behind')`);
      await page.waitForFunction('localStorage.length === 0');
      expect(shop.requestsMs.length - before).to.equal(1);
    }),
  );
});
