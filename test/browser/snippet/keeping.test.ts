import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../../server/common/project-root.ts';
import { inBrowser } from '../../support/browser/browser.ts';
import { type NotingShop, scriptTag, startNotingShop } from '../../support/browser/noting-shop.ts';
import { eventually } from '../../support/http/outcome.ts';

const RETRY_AFTER_S = 4;
/** Longer than an event waits for others to leave with it. */
const SENT_MS = 1_000;
const MAX_CHARACTERS = 1_000_000;

describe('What the snippet keeps until it is sent', function () {
  this.timeout(120_000);

  it(
    'is nothing where the address of the service is wrong: the console says so, and the page goes on',
    inBrowser(async ({ open, closing, allowTrouble }) => {
      allowTrouble(/clickhour/);
      const shop = await startNotingShop(closing, {
        '/': scriptTag(),
        '/attribute': scriptTag('data-key data-url="/"'),
      });
      const page = await open(shop.url);
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      for (const url of ['events.example.com', '/']) {
        await page.evaluate(`clickhour.init({ url: '${url}' }), clickhour.track('${url}')`);
      }
      expect(said.map((text) => /received "(.*?)"/.exec(text)?.[1])).to.deep.equal(['events.example.com', '/']);
      expect(await kept(page)).to.deep.equal([]);
      // What was tracked so far is not lost once it is right.
      await page.evaluate(`clickhour.init({ url: location.origin })`);
      await eventually(() => expect(names(shop)).to.deep.equal(['events.example.com', '/', 'pageview']));
      await page.goto(`${shop.url}/attribute`);
      await page.evaluate(`clickhour.track('step')`);
      expect(said).to.have.length(3);
      expect(await kept(page)).to.deep.equal([]);
    }),
  );

  it(
    'goes to where the page came from, if the script is inside of it',
    inBrowser(async ({ open, closing }) => {
      const shop = await startNotingShop(closing, { '/': '' });
      const page = await open(shop.url);
      await page.addScriptTag({
        content: await readFile(path.join(projectRoot, '.build/snippet/clickhour.js'), 'utf8'),
      });
      await page.evaluate(`clickhour.init({ key: 'k' })`);
      await eventually(() => expect(names(shop)).to.deep.equal(['pageview']));
    }),
  );

  it(
    'waits as long as the service said, also where the page is hidden and shown, or the network is back',
    inBrowser(async ({ open, closing, allowTrouble }) => {
      allowTrouble(/status of 503/);
      const shop = await startNotingShop(closing);
      shop.answer(503, { 'Retry-After': RETRY_AFTER_S });
      const page = await open(shop.url);
      await eventually(() => expect(shop.requestsMs).to.have.length(1));
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 300))');
      shop.answer(202);
      for (const state of ['hidden', 'visible']) await becomes(page, state);
      await page.evaluate(`dispatchEvent(new Event('pagehide')), dispatchEvent(new Event('online'))`);
      await page.evaluate(`clickhour.track('step')`);
      await sleep(SENT_MS);
      expect(shop.requestsMs).to.have.length(1);
      expect(await kept(page)).to.have.length(2);
      await eventually(async () => expect(await kept(page)).to.deep.equal([]));
      const [first = 0, second = 0] = shop.requestsMs;
      expect(second - first).to.be.at.least(RETRY_AFTER_S * 1000);
      expect(names(shop)).to.deep.equal(['pageview', 'step']);
      await page.evaluate(`clickhour.track('end')`);
      await becomes(page, 'hidden');
      await eventually(() => expect(names(shop)).to.contain('end'));
    }),
  );

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

async function becomes(page: Page, state: string): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}
