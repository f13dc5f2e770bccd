import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Closing } from '../../server/closing.ts';
import { projectRoot } from '../../server/common/project-root.ts';
import { startFaultyService, type Service } from '../clients/run-client.ts';
import { inBrowser } from '../support/browser/browser.ts';
import { snippetPage } from '../support/browser/snippet-page.ts';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { eventually } from '../support/http/outcome.ts';
import type { Listed } from '../support/http/listed.ts';
import type { PageServer } from '../support/server/page-server.ts';

const PATIENCE_MS = 60_000;
const OFFLINE_MS = 5_000;

const names = (events: readonly Listed[]) => events.map(({ name }) => name).sort();
const steps = (events: readonly Listed[]) => events.filter(({ name }) => name === 'step');
const kept = async (page: Page) => await page.evaluate<number>('Object.keys(localStorage).length');
const allAcknowledged = async (page: Page) =>
  await eventually(async () => expect(await kept(page)).to.equal(0), PATIENCE_MS);

async function track(page: Page, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1) await page.evaluate(`clickhour.track('step', { marker: ${index} })`);
}

describe('The snippet in pages of another origin', function () {
  this.timeout(180_000);
  let closing: Closing;
  let service: Service;
  let shop: PageServer;
  /** Of the requests. */
  let trouble: number;

  beforeEach(async () => {
    closing = new Closing();
    trouble = 0;
    shop = await snippetPage(() => ({ url: service.proxy.url, key: service.key }));
    closing.add('shop', () => shop.close());
    service = await startFaultyService(closing, {
      endpoint: testEndpoint(),
      random: Math.random,
      trouble: () => trouble,
      without: [],
      corsOrigin: shop.url,
    });
  });
  afterEach(async () => closing.close());

  it(
    'sends page views, also those of a single-page app, and events with their session and user',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/another host/);
      const startedMs = Date.now();
      const page = await open(shop.url);
      await page.evaluate(`clickhour.user('ann')`);
      await page.click('#next');
      await page.click('#buy');
      await page.click('#buy');
      await allAcknowledged(page);
      expect(await page.evaluate('document.cookie')).to.equal('');
      const { events } = await service.stored();
      expect(names(events)).to.deep.equal(['buy', 'buy', 'pageview', 'pageview']);
      const [view, next, buy] = events;
      expect(view).to.deep.include({ category: 'shop', user: '' });
      expect(view?.data).to.deep.equal({ url: `${shop.url}/`, path: '/', title: 'A shop', referrer: '' });
      expect(next?.data).to.deep.include({ referrer: `${shop.url}/` });
      expect(buy).to.deep.include({ user: 'ann', data: { price: 12.5, currency: 'EUR' } });
      expect(new Set(events.map(({ session_id }) => session_id)).size).to.equal(1);
      expect(Date.parse(view?.timestamp ?? '')).to.be.within(startedMs, Date.now());
    }),
  );

  it(
    'has each event once, through lost answers, refusals, a service that is killed, a reload and a closed tab',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/./);
      trouble = 0.4;
      const page = await open(shop.url);
      await track(page, 0, 20);
      const restarted = service.restart();
      await track(page, 20, 40);
      await page.reload();
      await track(page, 40, 60);
      const context = page.context();
      await page.close();
      await restarted;
      // What the closed tab could not deliver, the next page does.
      const next = await context.newPage();
      await next.goto(shop.url);
      trouble = 0;
      await allAcknowledged(next);
      const stored = steps((await service.stored()).events);
      const markers = stored.map(({ data }) => (data as { marker: number }).marker).sort((a, b) => a - b);
      expect(markers).to.deep.equal(Array.from({ length: 60 }, (_, index) => index));
    }),
  );

  it(
    'has each event of ten tabs once, after a time without a network',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/./);
      const first = await open(shop.url);
      const context = first.context();
      const tabs = [first];
      while (tabs.length < 10) {
        const tab = await context.newPage();
        await tab.goto(shop.url);
        tabs.push(tab);
      }
      await context.setOffline(true);
      for (const [index, tab] of tabs.entries()) {
        await tab.evaluate(
          `for (let step = 0; step < 5; step += 1) clickhour.track('step', { marker: '${index}-' + step });`,
        );
      }
      await sleep(OFFLINE_MS);
      await context.setOffline(false);
      await allAcknowledged(first);
      const stored = steps((await service.stored()).events);
      expect(new Set(stored.map(({ data }) => JSON.stringify(data))).size).to.equal(50);
      expect(stored).to.have.length(50);
      expect(new Set(stored.map(({ session_id }) => session_id)).size).to.equal(10);
    }),
  );

  it(
    'keeps and sends nothing for who asks not to be tracked, where the page says so',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/another host/);
      const page = await open(shop.url);
      await allAcknowledged(page);
      const other = await page.context().newPage();
      await other.addInitScript(`Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })`);
      await other.goto(`${shop.url}/heeding`);
      await other.click('#buy');
      // Longer than what is tracked waits for more.
      await sleep(500);
      expect(await kept(other)).to.equal(0);
      expect(names((await service.stored()).events)).to.deep.equal(['pageview']);
    }),
  );
});

describe('The script for pages', () => {
  it('is under 3 kB compressed, and has a source map and types', async () => {
    const directory = path.join(projectRoot, '.build/snippet');
    expect((await readFile(path.join(directory, 'clickhour.js.gz'))).length).to.be.lessThan(3_000);
    expect(await readFile(path.join(directory, 'clickhour.js'), 'utf8')).to.contain(
      'sourceMappingURL=clickhour.js.map',
    );
    expect(await readFile(path.join(directory, 'clickhour.d.ts'), 'utf8')).to.contain('interface Clickhour');
  });
});
