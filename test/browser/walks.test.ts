import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { openShop, type ShopEvent } from '../support/browser/shop.ts';
import { NDJSON, postEvents } from '../support/http/events-api.ts';
import { eventually } from '../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

const PATIENCE_MS = 120_000;
const MAX_CLICKS = 6;

/** Venues with so many answers, from years ago, as a recorded stream has them. */
const RSVPS = [
  { venue: 'Town hall', yes: 2, no: 6 },
  { venue: 'Harbour café', yes: 5, no: 1 },
  { venue: 'Library', yes: 1, no: 0 },
];

describe('Someone who has never seen the page', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;
  let events: readonly ShopEvent[];

  before(async () => {
    service = await startTestApp();
    events = await openShop(service.url);
  });
  after(async () => service.remove());

  it(
    'finds the signups a day by plan this month',
    inBrowser(async ({ open }) => {
      const walk = new Walk(await open(service.url), 'signups');
      await walk.click(walk.page.getByRole('link', { name: 'Explore', exact: true }));
      await walk.click(walk.page.getByRole('combobox', { name: 'Event' }));
      await walk.click(walk.page.getByRole('option', { name: /^signup/ }));
      await walk.click(walk.page.getByRole('link', { name: 'This month' }));
      await walk.click(walk.page.getByRole('combobox', { name: 'Broken down by' }));
      await walk.click(walk.page.getByRole('option', { name: /^plan/ }));
      await walk.page.locator('.legend').getByText('free').waitFor();
      await walk.end();
    }),
  );

  it(
    'compares the users of checkout this week with the week before',
    inBrowser(async ({ open }) => {
      const walk = new Walk(await open(`${service.url}/?range=7d`), 'checkout');
      await walk.click(walk.page.locator('.bars').getByRole('link', { name: 'checkout' }));
      await walk.choose(walk.page.getByLabel('Count', { exact: true }), 'Unique users');
      await walk.click(walk.page.getByRole('link', { name: 'This week' }));
      await walk.click(walk.page.getByRole('button', { name: 'Compare with before' }));
      await walk.page
        .locator('.legend')
        .getByText(/before/)
        .waitFor();
      await walk.end();
    }),
  );

  it(
    'finds the share that goes from view to purchase within a day',
    inBrowser(async ({ open }) => {
      const walk = new Walk(await open(service.url), 'conversion');
      await walk.click(walk.page.getByRole('link', { name: 'Funnel', exact: true }));
      await walk.click(walk.page.getByRole('combobox', { name: 'Step 1' }));
      await walk.click(walk.page.getByRole('option', { name: /^product viewed/ }));
      await walk.click(walk.page.getByRole('combobox', { name: 'Step 2' }));
      await walk.click(walk.page.getByRole('option', { name: /^purchase/ }));
      await walk.page.getByText('go all the way').waitFor();
      expect(await walk.page.getByLabel('Within').inputValue()).to.equal('24h');
      await walk.end();
    }),
  );

  it(
    'finds the last thing that a user did',
    inBrowser(async ({ open }) => {
      const walk = new Walk(await open(service.url), 'user');
      const { user, name } = events.reduce((last, event) => (event.timestamp > last.timestamp ? event : last));
      await walk.click(walk.page.getByRole('link', { name: 'Users', exact: true }));
      await walk.click(walk.page.getByRole('combobox', { name: 'User' }));
      await walk.page.keyboard.type(user);
      // Of users whose names begin alike, the one that was typed.
      await walk.page.keyboard.press('Enter');
      await walk.page.locator('.seen').getByText(`with ${name}`).last().waitFor();
      await walk.end();
    }),
  );

  it(
    'finds the venue with the most yes in answers of years ago',
    inBrowser(async ({ open, closing }) => {
      const old = await startTestApp();
      closing.add('service', () => old.remove());
      const rsvps = RSVPS.flatMap(({ venue, yes, no }) =>
        Array.from({ length: yes + no }, (_, index) => ({
          name: 'rsvp',
          category: 'answers',
          timestamp: Date.UTC(2017, 2, 1 + index, 12),
          data: { response: index < yes ? 'yes' : 'no', venue: { venue_name: venue } },
        })),
      );
      const { body } = await postEvents(old.url, rsvps.map((rsvp) => JSON.stringify(rsvp)).join('\n'), NDJSON);
      expect(body).to.deep.include({ accepted: rsvps.length, rejected: [] });
      const page = await open(old.url);
      await page.getByRole('link', { name: 'look at the 31 days up to then' }).waitFor();
      const walk = new Walk(page, 'venue');
      await walk.click(page.getByRole('link', { name: 'Top', exact: true }));
      await page.getByText('of all time').waitFor();
      await walk.click(page.getByRole('combobox', { name: 'By', exact: true }));
      await walk.click(page.getByRole('option', { name: /^venue\.venue_name/ }));
      await page.getByText('Filters and columns').waitFor();
      await walk.click(page.getByRole('button', { name: '+ Filter' }));
      await walk.click(page.getByRole('option', { name: /^response/ }));
      await walk.click(page.getByRole('option', { name: /^yes/ }));
      await eventually(async () =>
        expect(await page.locator('tbody tr').first().innerText()).to.match(/Harbour café\s+5/),
      );
      await walk.end();
    }),
  );
});

/** A way through the page, of which the clicks are counted and each step is kept as a picture. */
class Walk {
  readonly page: Page;
  readonly #name: string;
  #clicks = 0;

  constructor(page: Page, name: string) {
    this.page = page;
    this.#name = name;
  }

  async click(target: Locator): Promise<void> {
    await target.click();
    this.#clicks += 1;
  }

  /** Of a list that the browser opens: a click for that, and one for the choice. */
  async choose(list: Locator, label: string): Promise<void> {
    await list.selectOption(label);
    this.#clicks += 2;
  }

  async end(): Promise<void> {
    await screenshot(this.page, `walk-${this.#name}-in-${this.#clicks}-clicks`);
    expect(this.#clicks).to.be.at.most(MAX_CLICKS);
  }
}
