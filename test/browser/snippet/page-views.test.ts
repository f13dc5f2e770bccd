import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { inBrowser } from '../../support/browser/browser.ts';
import { type NotingShop, scriptTag, startNotingShop } from '../../support/browser/noting-shop.ts';
import { eventually } from '../../support/http/outcome.ts';

describe('The views of pages that the snippet sends', function () {
  this.timeout(120_000);

  it(
    'have the title that a single-page app sets after the address, and the time of the change',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing);
      const page = await open(shop.url);
      await eventually(() => expect(titles(shop)).to.deep.equal(['A shop']));
      await page.evaluate(`
        history.pushState({}, '', '/first');
        document.title = 'First';
        history.pushState({}, '', '/second');
        clickhour.track('right after');
        setTimeout(() => { document.title = 'Second'; }, 20);
      `);
      await eventually(() => expect(titles(shop)).to.deep.equal(['A shop', 'First', 'Second']));
      const [second, after] = shop.events().slice(-2);
      expect(after?.name).to.equal('right after');
      expect(after?.timestamp).to.be.at.least(second?.timestamp ?? Infinity);
    }),
  );

  it(
    'wait as long for their titles right after an answer',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing);
      const page = await open(shop.url);
      await page.waitForFunction('localStorage.length === 0');
      await page.evaluate(`setTimeout(() => {
        history.pushState({}, '', '/soon');
        setTimeout(() => { document.title = 'Soon'; }, 150);
      }, 100)`);
      await eventually(() => expect(titles(shop)).to.deep.equal(['A shop', 'Soon']));
    }),
  );

  it(
    'are kept at once, and come also from a page that goes right after',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing, { '/elsewhere': '' });
      const page = await open(shop.url);
      await eventually(() => expect(titles(shop)).to.have.length(1));
      await page.evaluate(`
        history.pushState({}, '', '/last');
        const isKept = Object.values(localStorage).some((event) => event.includes('/last'));
        document.title = isKept ? 'Last, kept' : 'Last';
        location.href = '/elsewhere';
      `);
      await eventually(() => expect(titles(shop)).to.deep.equal(['A shop', 'Last, kept']));
    }),
  );

  it(
    'are those of pages that somebody sees: of a hidden one once it is shown, of a restored one again',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing, { '/elsewhere': '' });
      const page = await open(`${shop.url}/elsewhere`);
      // As a page is that is rendered ahead, or is in a tab behind.
      await page.addInitScript(
        `Object.defineProperty(document, 'visibilityState', { value: 'hidden', writable: true })`,
      );
      await page.goto(shop.url);
      await page.evaluate(`history.pushState({}, '', '/ready'), clickhour.track('unseen')`);
      await eventually(() => expect(names(shop)).to.deep.equal(['unseen']));
      await page.evaluate(
        `document.visibilityState = 'visible', document.dispatchEvent(new Event('visibilitychange'))`,
      );
      await eventually(() => expect(names(shop)).to.deep.equal(['unseen', 'pageview']));
      await show(page, false);
      await show(page, true);
      await page.evaluate(`clickhour.track('end')`);
      await eventually(() => expect(names(shop)).to.deep.equal(['unseen', 'pageview', 'pageview', 'end']));
      expect(paths(shop)).to.deep.equal(['/ready', '/ready']);
    }),
  );

  it(
    'come from any path, and are nothing to the page itself',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing);
      const page = await open(`${shop.url}//`);
      await page.evaluate(`history.pushState({}, '', '/next#here'), history.replaceState({}, '', '/next#there')`);
      await eventually(() => expect(paths(shop)).to.deep.equal(['//', '/next']));
      expect(shop.events()[1]?.data).to.deep.include({ url: `${shop.url}/next#here`, referrer: `${shop.url}//` });
    }),
  );

  it(
    'are sent once where the script is there twice, and by the one that has a key',
    inBrowser(async ({ open, closing }) => {
      const twice = scriptTag('id="clickhour"') + scriptTag('data-key="k"') + scriptTag('data-key="k"');
      const shop = await startNotingShop(closing, { '/twice': twice });
      const page = await open(`${shop.url}/twice`);
      await page.evaluate(`history.pushState({}, '', '/next'), clickhour.track('end')`);
      await eventually(() => expect(names(shop)).to.deep.equal(['pageview', 'pageview', 'end']));
    }),
  );
});

const names = (shop: NotingShop) => shop.events().map(({ name }) => name);
const views = (shop: NotingShop) => shop.events().filter(({ name }) => name === 'pageview');
const titles = (shop: NotingShop) => views(shop).map(({ data }) => data?.['title']);
const paths = (shop: NotingShop) => views(shop).map(({ data }) => data?.['path']);

/** As the browser does when it takes a page out of its back/forward cache, which is off in tests. */
async function show(page: Page, persisted: boolean): Promise<void> {
  await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: ${persisted} }))`);
}
