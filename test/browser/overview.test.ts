import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { openShop } from '../support/browser/shop.ts';
import { eventText, postEvents } from '../support/http/events-api.ts';
import { eventually } from '../support/http/outcome.ts';
import { deferred } from '../../server/common/deferred.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

/** How soon an acknowledged event must be on an open page. */
const FRESH_MS = 4_000;
const HOUR_MS = 3_600_000;
const PATIENCE_MS = 120_000;

describe('The overview in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;

  beforeEach(async () => {
    service = await startTestApp();
  });
  afterEach(async () => service.remove());

  async function send(user: string, members: object = {}): Promise<void> {
    const event = eventText({ name: 'signup', user, session_id: user, timestamp: Date.now(), ...members });
    expect((await postEvents(service.url, event)).status).to.equal(202);
  }

  it(
    'waits for the first event with a line that sends it, turns into what it was, and counts what comes',
    inBrowser(async ({ open }) => {
      const page = await open(service.url);
      await page.getByText('Waiting for your first event…').waitFor();
      expect(await page.title()).to.equal('Overview · clickhour');
      expect(await page.locator('.copy-line pre').textContent()).to.contain(`curl ${service.url}/events`);
      await expectAccessible(page);
      await screenshot(page, 'overview-empty');
      for (const user of ['ada', 'ada', 'ben']) await send(user);
      await eventually(async () => expect(await figures(page)).to.deep.equal(['3', '2', '2']));
      await send('cy');
      await eventually(async () => expect(await figures(page)).to.deep.equal(['4', '3', '3']), FRESH_MS);
      await eventually(async () => expect(await page.locator('.event-line').count()).to.equal(4), FRESH_MS);
      expect(await page.getByText('new, none before').count()).to.equal(3);
    }),
  );

  it(
    'counts clicks and impressions for who sends them, and says how many rejections there were',
    inBrowser(async ({ open }) => {
      // The groups of an older service, which does not have them, are left out.
      for (const kind of ['click', 'click', 'impression']) {
        const path = `/analytics?timestamp=${Date.now()}&user=ada&${kind}`;
        expect((await fetch(`${service.url}${path}`, { method: 'POST' })).status).to.equal(204);
      }
      await postEvents(service.url, '[{"name":""},{"name":"x","data":[]}]');
      const page = await open(`${service.url}/?range=90d`);
      await page.getByText('At least 2 rejections in the last 90 days: those of the last 30 days are kept.').waitFor();
      await page.getByRole('link', { name: '24 hours' }).click();
      await page.getByText('2 rejections in the last 24 hours.', { exact: true }).waitFor();
      await eventually(async () => expect(await figures(page)).to.deep.equal(['3', '1', '0', '2', '1']));
      await page.getByRole('link', { name: '2 rejections' }).click();
      await eventually(async () => expect(await page.locator('.rejection').count()).to.equal(2));
    }),
  );

  it(
    'goes to another range and figure by keyboard, and back, and a link leads there',
    inBrowser(async ({ open }) => {
      await send('ada');
      await send('ada', { timestamp: Date.now() - 50 * HOUR_MS });
      const page = await open(service.url);
      await eventually(async () => expect(await figures(page)).to.deep.equal(['1', '1', '1']));
      await page.getByRole('link', { name: '31 days' }).focus();
      await page.keyboard.press('Enter');
      await eventually(async () => expect(await figures(page)).to.deep.equal(['2', '1', '1']));
      await page.getByRole('link', { name: 'Unique users' }).focus();
      await page.keyboard.press('Enter');
      expect(new URL(page.url()).search).to.equal('?measure=users&range=31d');
      const linked = await open(page.url());
      await linked.getByText('The same figures as a table').click();
      await eventually(async () => expect(await linked.locator('tbody tr').count()).to.equal(31));
      expect(await linked.locator('tbody tr').first().innerText()).to.match(/so far\s+1\s+0$/);
      await page.goBack();
      await page.goBack();
      await eventually(async () => expect(await figures(page)).to.deep.equal(['1', '1', '1']));
    }),
  );

  it(
    'is live only while every figure is, and says what is not known',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 503/);
      await send('ada');
      const page = await open(service.url);
      const live = page.getByText('Live', { exact: true });
      const users = page.getByRole('link', { name: /^Unique users/ });
      await live.waitFor();
      await page.route(/measure=users|rejected.summary/, async (route) => route.fulfill({ status: 503 }));
      await live.waitFor({ state: 'hidden' });
      await page.getByRole('link', { name: '1 hour' }).click();
      await page.getByText('Whether events were rejected is not known now.').waitFor();
      await eventually(async () => expect(await users.locator('.figure-value').innerText()).to.equal('–'));
      await page.getByRole('link', { name: '24 hours' }).click();
      await eventually(async () => expect(await users.getAttribute('aria-busy')).to.equal('true'));
      await page.unrouteAll();
      await live.waitFor();
      expect(await users.getAttribute('aria-busy')).to.equal('false');
    }),
  );

  it(
    'leads from a bar to its events by arrow keys and Enter or by touch, and says what it stands on',
    inBrowser(async ({ open }) => {
      await send('ada');
      const page = await open(service.url);
      const chart = page.getByRole('application');
      await chart.focus();
      const isLeft = await page.evaluate<boolean>(
        `document.activeElement.dispatchEvent(
          new KeyboardEvent('keydown', { key: 'ArrowLeft', altKey: true, cancelable: true, bubbles: true }),
        )`,
      );
      expect(isLeft, 'Alt and an arrow are left to the browser').to.equal(true);
      await page.keyboard.press('End');
      await page.locator('.chart-tooltip').waitFor();
      await page.getByRole('status').filter({ hasText: 'so far: Events 1.' }).waitFor({ state: 'attached' });
      await page.keyboard.press('Enter');
      await page.waitForURL('**/?view=browse&from=*');
      await eventually(async () => expect(await page.locator('.event-line').count()).to.equal(1));
      const touched = await open(service.url, { hasTouch: true });
      await touched.getByRole('application').tap();
      await touched.waitForURL('**/?view=browse&from=*');
    }),
  );

  it(
    'holds the zone of a custom range in the address',
    inBrowser(async ({ open }) => {
      await send('ada', { timestamp: '2024-05-17T23:30:00Z' });
      const page = await open(service.url, { timezoneId: 'Asia/Kolkata' });
      const then = page.getByRole('link', { name: 'look at the 31 days up to then' });
      expect(await then.getAttribute('href')).to.contain('tz=Asia%2F');
      await page.getByRole('button', { name: 'Custom range' }).click();
      await page.getByLabel('From', { exact: true }).fill('2024-05-18T04:00');
      await page.getByLabel('To, not included').fill('2024-05-18T06:00');
      await page.getByRole('button', { name: 'Show' }).click();
      await eventually(async () => expect(await figures(page)).to.deep.equal(['1', '1', '1']));
      const links = await page.locator('a[href^="/?"]').evaluateAll((found) => found.map(String));
      expect(links.filter((link) => !link.includes('tz=Asia%2F'))).to.deep.equal([]);
      expect(links.length).to.be.greaterThan(15);
      const elsewhere = await open(page.url(), { timezoneId: 'America/New_York' });
      await eventually(async () => expect(await figures(elsewhere)).to.deep.equal(['1', '1', '1']));
      await page.goBack();
      await page.getByRole('button', { name: 'Custom range', pressed: false }).waitFor();
    }),
  );

  it(
    'shows the days of the reader or of UTC at a switch, and the address holds it',
    inBrowser(async ({ open }) => {
      await send('ada', { timestamp: '2024-05-17T23:30:00Z' });
      const page = await open(`${service.url}/?view=browse`, { timezoneId: 'Asia/Kolkata' });
      await page.getByText('2024-05-18 05:00:00').waitFor();
      await page.getByRole('button', { name: 'UTC' }).click();
      await page.getByText('2024-05-17 23:30:00').waitFor();
      await page.getByRole('link', { name: 'Overview', exact: true }).click();
      expect(new URL(page.url()).searchParams.get('tz')).to.equal('UTC');
      await page.getByText('All times are UTC.').waitFor();
      const elsewhere = await open(`${service.url}/?view=browse&tz=Asia/Kolkata`);
      await elsewhere.getByText('2024-05-18 05:00:00').waitFor();
      const back = await open(`${service.url}/?view=browse`, { timezoneId: 'Asia/Kolkata' });
      await back.getByRole('link', { name: 'Overview', exact: true }).click();
      await back.getByRole('button', { name: 'UTC' }).click();
      await back.goBack();
      await back.getByText('2024-05-17 23:30:00').waitFor();
    }),
  );
});

describe('The overview of a shop in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;

  before(async () => {
    service = await startTestApp();
    await openShop(service.url);
  });
  after(async () => service.remove());

  it(
    'begins with a way past the navigation',
    inBrowser(async ({ open }) => {
      const page = await open(service.url);
      await page.locator('.chart svg').waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate<string>('document.activeElement.textContent')).to.equal('Skip to the content');
      await page.keyboard.press('Enter');
      await eventually(async () => expect(await page.evaluate<string>('document.activeElement.id')).to.equal('main'));
    }),
  );

  it(
    'names what it draws as what that is, while what was asked for after it is on its way',
    inBrowser(async ({ open }) => {
      const page = await open(service.url);
      await page.getByText('The same figures as a table').click();
      await page.getByRole('columnheader', { name: 'Hour' }).waitFor();
      const held = deferred<void>();
      await page.route('**/events/series?*', async (route) => held.promise.then(async () => route.continue()));
      await page.getByRole('link', { name: '7 days' }).click();
      await page.locator('.answer[aria-busy="true"] .chart').waitFor();
      await page.getByRole('columnheader', { name: 'Hour' }).waitFor();
      held.resolve();
      await page.getByRole('columnheader', { name: 'Day' }).waitFor();
    }),
  );

  for (const colorScheme of ['light', 'dark'] as const) {
    it(
      `is accessible in ${colorScheme}`,
      inBrowser(async ({ open }) => {
        const page = await open(`${service.url}/?range=31d`, { colorScheme });
        await page.locator('.chart svg').waitFor();
        await page.getByRole('link', { name: 'page viewed' }).waitFor();
        await screenshot(page, `overview-${colorScheme}`);
        await page.getByText('The same figures as a table').click();
        await expectAccessible(page);
      }),
    );
  }
});

/** The large figures, in their order. */
async function figures(page: Page): Promise<string[]> {
  return await page.locator('.figure-value').allInnerTexts();
}
