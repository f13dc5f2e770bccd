import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { apiKey } from '../support/http/api-keys.ts';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { eventually } from '../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

/** How soon an acknowledged event must be on an open page. */
const FRESH_MS = 2_000;
const HOUR_MS = 3_600_000;

describe('The overview in a browser', () => {
  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp();
  });
  afterEach(async () => service.remove());

  async function post(user: string, event: 'click' | 'impression', timestampMs = Date.now()): Promise<void> {
    const path = `/analytics?timestamp=${timestampMs}&user=${user}&${event}`;
    expect((await fetch(`${service.url}${path}`, { method: 'POST' })).status).to.equal(204);
  }

  /** Waits until the hour has its event. */
  async function counted(timestampMs: number): Promise<void> {
    await eventually(async () => {
      const counts = await fetch(`${service.url}/analytics?timestamp=${timestampMs}`);
      expect(await counts.text()).to.match(/^unique_users,1$/m);
    });
  }

  it(
    'says that nothing has come yet, and shows what comes within two seconds',
    inBrowser(async ({ open }) => {
      const page = await open(service.url);
      await page.getByText('No clicks and no impressions in these hours').waitFor();
      expect(await page.title()).to.equal('Overview · clickhour');
      await expectAccessible(page);
      await screenshot(page, 'overview-empty');
      await eventually(async () => expect(await figures(page)).to.deep.equal(['0', '0', '0']));
      for (const user of ['ada', 'ada', 'ben']) await post(user, 'click');
      await post('cy', 'impression');
      await eventually(async () => expect(await figures(page)).to.deep.equal(['3', '3', '1']), FRESH_MS);
    }),
  );

  it(
    'goes to another range by keyboard, and back, and a link leads there',
    inBrowser(async ({ open }) => {
      const longAgoMs = Date.now() - 50 * HOUR_MS;
      await post('ada', 'click', longAgoMs);
      await counted(longAgoMs);
      const page = await open(service.url);
      await page.getByText('No clicks and no impressions in these hours').waitFor();
      await page.getByRole('link', { name: '7 days' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('1 in all').waitFor();
      expect(new URL(page.url()).search).to.equal('?range=7d');
      await page.goBack();
      await page.getByText('No clicks and no impressions in these hours').waitFor();
      const linked = await open(`${service.url}/?range=7d`);
      await linked.getByText('The same figures as a table').click();
      await eventually(async () => expect(await linked.locator('tbody tr').count()).to.equal(168));
    }),
  );

  it(
    'begins with a way past the navigation',
    inBrowser(async ({ open }) => {
      const page = await open(service.url);
      await page.getByRole('heading', { name: 'This hour' }).waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate<string>('document.activeElement.textContent')).to.equal('Skip to the content');
      await page.keyboard.press('Enter');
      await eventually(async () => expect(await page.evaluate<string>('document.activeElement.id')).to.equal('main'));
    }),
  );

  for (const colorScheme of ['light', 'dark'] as const) {
    it(
      `is accessible in ${colorScheme}`,
      inBrowser(async ({ open }) => {
        const nowMs = Date.now();
        for (let hour = 0; hour < 12; hour += 1) {
          await post('ada', hour % 3 === 0 ? 'click' : 'impression', nowMs - hour * HOUR_MS);
        }
        // The page asks for past hours again only after ten seconds.
        for (let hour = 0; hour < 12; hour += 1) await counted(nowMs - hour * HOUR_MS);
        const page = await open(service.url, { colorScheme });
        await page.locator('.chart canvas').waitFor();
        await page.getByText('8 in all').waitFor();
        await screenshot(page, `overview-${colorScheme}`);
        await page.getByText('The same figures as a table').click();
        await expectAccessible(page);
      }),
    );
  }
});

describe('The dashboard of a service with keys', () => {
  let service: TestApp;

  before(async () => {
    const keys = [apiKey('a-read-key', 'desk', 'read'), apiKey('a-write-key', 'shop', 'write')];
    service = await startTestApp({ trust: { keys, networks: [], proxies: [] } });
  });
  after(async () => service.remove());

  it(
    'asks for a key, says what is wrong with one, keeps it for the tab alone and not in the address',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 40[13]/);
      const page = await open(service.url);
      const field = page.getByLabel('API key');
      await expectAccessible(page);
      await screenshot(page, 'key');
      await field.fill('nonsense');
      await field.press('Enter');
      await page.getByText('The service does not know this key.').waitFor();
      await field.fill('a-write-key');
      await field.press('Enter');
      await page.getByText('This key cannot be used here').waitFor();
      await field.fill('a-read-key');
      await field.press('Enter');
      await page.getByRole('heading', { name: 'This hour' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'This hour' }).waitFor();
      expect(page.url()).not.to.contain('key');
      await page.getByRole('link', { name: 'Top', exact: true }).click();
      await page.getByText('No events match').waitFor();
      const other = await page.context().newPage();
      await other.goto(service.url);
      await other.getByLabel('API key').waitFor();
      await page.getByRole('button', { name: 'Forget key' }).click();
      await field.waitFor();
    }),
  );
});

/** Of this hour: unique users, clicks, impressions. */
async function figures(page: Page): Promise<string[]> {
  return await page.locator('.figure dd').allInnerTexts();
}
