import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { inBrowser } from '../../support/browser/browser.ts';
import { type NotingShop, startNotingShop } from '../../support/browser/noting-shop.ts';
import { eventually } from '../../support/http/outcome.ts';

const MAX_CHARACTERS = 1_000_000;

describe('What the snippet keeps until it is sent', function () {
  this.timeout(120_000);

  it(
    'is everything but an event that is larger than all that is kept',
    inBrowser(async ({ open, closing, allowTrouble }) => {
      allowTrouble(/status of 503/);
      const shop = await startNotingShop(closing);
      shop.answer(503);
      const page = await open(shop.url);
      const text = `'x'.repeat(${MAX_CHARACTERS})`;
      await page.evaluate(`clickhour.track('step'), clickhour.track('large', { text: ${text} })`);
      expect(await kept(page)).to.have.length(2);
      // As one was left by the script before.
      const left = `clickhour:${shop.url}/events?key=k left`;
      await page.evaluate(`localStorage.setItem('${left}', '{"timestamp":' + Date.now() + ',' + ${text})`);
      await page.reload();
      expect(await kept(page))
        .to.have.length(3)
        .and.not.contain(left);
      shop.answer(202);
      await eventually(async () => expect(await kept(page)).to.deep.equal([]));
      expect(names(shop)).to.deep.equal(['pageview', 'step', 'pageview']);
    }),
  );
});

const names = (shop: NotingShop) => shop.events().map(({ name }) => name);

async function kept(page: Page): Promise<string[]> {
  return await page.evaluate('Object.keys(localStorage)');
}
