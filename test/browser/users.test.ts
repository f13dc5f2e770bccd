import { expect } from 'chai';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { openShop, type ShopEvent } from '../support/browser/shop.ts';
import { NDJSON, postEvents } from '../support/http/events-api.ts';
import { eventually } from '../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

const PATIENCE_MS = 120_000;

describe('Users in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;
  let events: readonly ShopEvent[];

  before(async () => {
    service = await startTestApp();
    events = await openShop(service.url);
  });
  after(async () => service.remove());

  it(
    'shows what a user did day by day, first and last seen, and leads on to each event',
    inBrowser(async ({ open }) => {
      const page = await open(`${service.url}/?view=users`);
      await page.getByRole('heading', { name: 'Most active' }).waitFor();
      await expectAccessible(page);
      await page.getByRole('combobox', { name: 'User' }).click();
      const option = page.getByRole('option').first();
      await option.waitFor();
      const user = (await option.locator('.one-line').innerText()).trim();
      await option.click();
      const own = events.filter((event) => event.user === user).toSorted((a, b) => a.timestamp - b.timestamp);
      expect(own.length).to.be.greaterThan(1);
      await eventually(async () =>
        expect(await page.locator('.event-line').count()).to.equal(Math.min(100, own.length)),
      );
      const [first, last] = await page.locator('.seen dd').allInnerTexts();
      expect(first).to.equal(`${minuteOf(own[0])} UTC with ${own[0]?.name}`);
      expect(last).to.equal(`${minuteOf(own.at(-1))} UTC with ${own.at(-1)?.name}`);
      const days = new Set(own.slice(-100).map(({ timestamp }) => Math.floor(timestamp / 86_400_000)));
      expect(await page.locator('.timeline-day').count()).to.equal(days.size);
      await expectAccessible(page);
      await screenshot(page, 'user');
      await page.locator('.event-time').first().click();
      await page
        .getByRole('dialog')
        .getByRole('heading', { name: own.at(-1)?.name ?? '', exact: true })
        .waitFor();
      const nobody = await open(`${service.url}/?view=users&user=nobody%2F%3F`);
      await nobody.getByText('No events of this user').waitFor();
      await nobody.goto(`${service.url}/?view=users&user=..`);
      await nobody.getByText('No events of this user').waitFor();
    }),
  );

  it(
    'shows what a user has done since, when asked to',
    inBrowser(async ({ open }) => {
      const page = await open(`${service.url}/?view=users&user=newcomer`);
      await page.getByText('No events of this user').waitFor();
      for (const name of ['came', 'went']) {
        await postEvents(service.url, JSON.stringify({ name, user: 'newcomer' }), NDJSON);
        await eventually(async () => {
          await page.getByRole('button', { name: 'Refresh' }).click();
          await page.locator('.event-line').first().filter({ hasText: name }).waitFor({ timeout: 5_000 });
          expect(await page.locator('.seen dd').last().innerText()).to.match(new RegExp(`with ${name}$`));
        });
      }
    }),
  );

  it(
    'says when there are no suggestions because they cannot be asked for',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 503/);
      const page = await open(`${service.url}/?view=users`);
      await page.route(/events.top.*limit=100/, async (route) => route.fulfill({ status: 503 }));
      await page.getByRole('combobox', { name: 'User' }).click();
      await page.getByText('What there is cannot be looked up now').waitFor();
    }),
  );
});

function minuteOf(event: ShopEvent | undefined): string {
  return new Date(event?.timestamp ?? 0).toISOString().slice(0, 16).replace('T', ' ');
}
