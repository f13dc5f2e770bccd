import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Closing } from '../../server/closing.ts';
import { projectRoot } from '../../server/common/project-root.ts';
import { startFaultyService, type Service } from '../clients/run-client.ts';
import { inBrowser } from '../support/browser/browser.ts';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { eventually } from '../support/http/outcome.ts';
import type { Listed } from '../support/http/listed.ts';
import { servePages, type PageServer } from '../support/server/page-server.ts';

const PATIENCE_MS = 60_000;

const names = (events: readonly Listed[]) => events.map(({ name }) => name).sort();
const kept = async (page: Page) => await page.evaluate<number>('Object.keys(localStorage).length');
const allAcknowledged = async (page: Page) =>
  await eventually(async () => expect(await kept(page)).to.equal(0), PATIENCE_MS);
const file = async (name: string) => await readFile(path.join(projectRoot, 'snippet', name), 'utf8');

describe('The snippet in pages of another origin', function () {
  this.timeout(180_000);
  let closing: Closing;
  let service: Service;
  let shop: PageServer;

  beforeEach(async () => {
    closing = new Closing();
    const files = { example: await file('example.html'), script: await file('example.js') };
    shop = await servePages(
      () => ({
        '/': ['text/html', pageFor(files.example)],
        '/example.js': ['text/javascript', files.script],
      }),
      // No script in the page itself, and no other host.
      () => `default-src 'none'; script-src 'self' ${service.proxy.url}; connect-src ${service.proxy.url}`,
    );
    closing.add('shop', () => shop.close());
    service = await startFaultyService(closing, {
      endpoint: testEndpoint(),
      random: () => 1,
      without: [],
      corsOrigin: shop.url,
    });
  });
  afterEach(async () => closing.close());

  const pageFor = (example: string) =>
    example.replace('http://127.0.0.1:8080', service.proxy.url).replace('PAGE_KEY', service.key);

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
      const events = await service.stored();
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
