import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { inBrowser } from '../../support/browser/browser.ts';
import { type NotingShop, scriptTag, startNotingShop } from '../../support/browser/noting-shop.ts';
import { eventually } from '../../support/http/outcome.ts';

const ASKS_NOT_TO_BE_TRACKED = `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`;
const NO_STORAGE = `Object.defineProperty(globalThis, 'sessionStorage', { get() { throw new Error('forbidden'); } })`;
const BARE = { '/bare': scriptTag() };

describe('The visitor of a page with the snippet', function () {
  this.timeout(120_000);

  it(
    'is the same one for all pages and frames of a tab, whichever of them was told last who it is',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing);
      const page = await open(shop.url);
      await page.evaluate(`document.body.append(Object.assign(document.createElement('iframe'), { src: '/frame' }))`);
      await eventually(() => expect(shop.events()).to.have.length(2));
      const [, frame] = page.frames();
      await frame?.evaluate(`clickhour.user('ann')`);
      await page.evaluate(`clickhour.track('of ann')`);
      await frame?.evaluate(`clickhour.user()`);
      await page.evaluate(`clickhour.track('of nobody')`);
      await page.reload();
      await page.evaluate(`clickhour.track('still of nobody')`);
      await eventually(() =>
        expect(usersOf(shop)).to.deep.equal([
          ['of ann', 'ann'],
          ['of nobody', undefined],
          ['still of nobody', undefined],
        ]),
      );
      expect(new Set(shop.events().map(({ session_id }) => session_id)).size).to.equal(1);
    }),
  );

  it(
    'is remembered by the page alone where nothing can be stored',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing, BARE);
      const page = await open(`${shop.url}/bare`);
      await page.addInitScript(NO_STORAGE);
      await page.goto(shop.url);
      await page.evaluate(`clickhour.user('ann'), clickhour.track('one'), clickhour.track('other')`);
      await eventually(() =>
        expect(usersOf(shop)).to.deep.equal([
          ['one', 'ann'],
          ['other', 'ann'],
        ]),
      );
      expect(new Set(shop.events().map(({ session_id }) => session_id)).size).to.equal(1);
    }),
  );

  it(
    'is nobody for null and an empty text, and what is no text becomes one; so does a category',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing, { '/shop': scriptTag('data-key="k" data-category=""') });
      const page = await open(`${shop.url}/shop`);
      await page.evaluate(`clickhour.track('odd', { big: 1n }), clickhour.user(Object.create(null))`);
      for (const id of [`'ann'`, 'null', '42', `''`, '0', 'undefined']) {
        await page.evaluate(`clickhour.user(${id}), clickhour.track('step')`);
      }
      await eventually(() =>
        expect(usersOf(shop).map(([, user]) => user)).to.deep.equal([
          'ann',
          undefined,
          '42',
          undefined,
          '0',
          undefined,
        ]),
      );
      expect(shop.events().some((event) => 'category' in event)).to.equal(false);
    }),
  );

  it(
    'is known from when the page said so, also before it began to send',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing, BARE);
      const page = await open(`${shop.url}/bare`);
      await page.evaluate(`clickhour.track('before'), clickhour.user('ann'), clickhour.track('after')`);
      expect(await kept(page)).to.deep.equal([]);
      await page.evaluate(`clickhour.init(null)`);
      await eventually(() =>
        expect(usersOf(shop)).to.deep.equal([
          ['before', undefined],
          ['after', 'ann'],
        ]),
      );
    }),
  );

  it(
    'who asks not to be tracked leaves nothing, not even what was kept before',
    inBrowser(async ({ open, closing, allowTrouble }) => {
      allowTrouble(/status of 503/);
      const shop = await startNotingShop(closing, {
        ...BARE,
        '/heeding': scriptTag('data-key="k" data-dnt'),
      });
      shop.answer(503);
      const page = await open(shop.url);
      await page.evaluate(`clickhour.user('ann'), clickhour.track('step'), localStorage.setItem('basket', '1')`);
      expect(await kept(page)).to.have.length(4);
      await page.addInitScript(ASKS_NOT_TO_BE_TRACKED);
      await page.goto(`${shop.url}/heeding`);
      await page.evaluate(`clickhour.user('ann'), clickhour.track('step')`);
      expect(await kept(page)).to.deep.equal(['basket']);
      await page.goto(`${shop.url}/bare`);
      await page.evaluate(`clickhour.user('ann'), clickhour.track('step'), clickhour.init({ key: 'k', dnt: true })`);
      expect(await kept(page)).to.deep.equal(['basket']);
    }),
  );
});

const usersOf = (shop: NotingShop) =>
  shop
    .events()
    .filter(({ name }) => name !== 'pageview')
    .map(({ name, user }) => [name, user]);

/** The names of all that the browser keeps for the page. */
async function kept(page: Page): Promise<string[]> {
  return await page.evaluate('[...Object.keys(localStorage), ...Object.keys(sessionStorage)]');
}
