import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { defaults } from '../../server/config/config.ts';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { eventText, postEvents } from '../support/http/events-api.ts';
import { eventRow, insertRows } from '../support/clickhouse/insert-events.ts';
import { deferred } from '../../server/common/deferred.ts';
import { eventually } from '../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

/** Each is many steps, on machines that do other things too. */
const PATIENCE_MS = 120_000;
const COUNT = 25;
const NEWEST_US = Date.UTC(2024, 4, 17, 12) * 1000;
const MINUTE_US = 60_000_000;

/** What parsing and writing it again would change. */
const DELICATE = '{"big":12345678901234567890,"price":1.0,"a":1,"a":2,"text":"\\u202e<script>"}';

describe('Browsing events in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;
  const names = Array.from({ length: COUNT }, (_, index) => `event ${index + 1}`);

  before(async () => {
    service = await startTestApp();
    const rows = names.map((name, index) =>
      eventRow({
        name,
        timestamp: NEWEST_US - index * MINUTE_US,
        received_at: NEWEST_US - index * MINUTE_US + 7,
        event_id: `id-${index % 3}`,
        session_id: `session ${index % 5}`,
        user: `user ${index % 4}`,
        category: index % 2 === 0 ? 'shop' : 'blog',
        application: index % 2 === 0 ? 'till' : '',
        data: index === 0 ? DELICATE : `{"number":${index + 1}}`,
      }),
    );
    await insertRows(service.database, 'events', rows);
  });
  after(async () => service.remove());

  const urlOf = (query: string) => `${service.url}/?view=browse${query}`;

  it(
    'shows the newest first, and pages to the end and back, each event once',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&limit=10'));
      const pages: string[][] = [await shownNames(page)];
      while ((await page.getByRole('link', { name: 'Next page' }).count()) > 0) {
        await page.getByRole('link', { name: 'Next page' }).click();
        await page.getByRole('heading', { name: `Events, page ${pages.length + 1}` }).waitFor();
        pages.push(await shownNames(page));
      }
      expect(pages.flat()).to.deep.equal(names);
      await page.getByText('These are the oldest.').waitFor();
      await eventually(async () =>
        expect(await page.evaluate<string>('document.activeElement.tagName')).to.equal('H2'),
      );

      const last = page.url();
      await page.getByRole('link', { name: 'Previous page' }).click();
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(pages[1]));
      await page.goBack();
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(pages[2]));
      const again = await open(last);
      await eventually(async () => expect(await shownNames(again)).to.deep.equal(pages[2]));
      await again.getByRole('link', { name: 'First page' }).click();
      await eventually(async () => expect(await shownNames(again)).to.deep.equal(pages[0]));
    }),
  );

  it(
    'filters by what the form says, and a session leads to all of its events',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf(''));
      await page.getByRole('combobox', { name: 'Event' }).click();
      await page.getByRole('option', { name: 'All of shop' }).click();
      await page.getByRole('combobox', { name: 'Application' }).fill('till');
      await page.getByRole('combobox', { name: 'Application' }).press('Enter');
      await page.getByRole('button', { name: 'Custom range' }).click();
      await page.getByLabel('From (UTC)').fill('2024-05-17 11:50');
      await page.getByLabel('To, not included (UTC)').fill('2024-05-17T11:58:00Z');
      await page.getByRole('button', { name: 'Show' }).click();
      const expected = ['event 5', 'event 7', 'event 9', 'event 11'];
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(expected));
      await page.getByRole('button', { name: 'Oldest first' }).click();
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(expected.toReversed()));
      const again = await open(page.url());
      await eventually(async () => expect(await shownNames(again)).to.deep.equal(expected.toReversed()));
      const event = again.getByRole('combobox', { name: 'Event' });
      expect(await event.inputValue()).to.equal('All of shop');
      for (const typed of ['All of sho', 'All of shop']) await event.fill(typed);
      await event.press('Tab');
      expect(again.url(), 'what was typed is what it was').to.equal(page.url());
      await page.getByRole('link', { name: 'Clear filters' }).click();
      await page.getByRole('button', { name: 'Custom range', pressed: false }).waitFor();

      await again.locator('.event-time').nth(0).click();
      await again.getByRole('dialog').getByText('session 0').waitFor();
      await again.getByRole('link', { name: 'All events of this session' }).click();
      const ofSession = names.filter((_, index) => index % 5 === 0).toReversed();
      await eventually(async () => expect(await shownNames(again)).to.deep.equal(ofSession));
      await expectAccessible(again);
      await screenshot(again, 'browse-session');
    }),
  );

  it(
    'opens an event to its exact data, and a link to it leads there from anywhere',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&category=shop'));
      await eventually(async () => expect(await shownNames(page)).to.have.length(13));
      await screenshot(page, 'browse');
      await page.locator('.event-time').first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('heading', { name: 'event 1', exact: true }).waitFor();
      expect(await dialog.locator('pre').textContent()).to.equal(DELICATE);
      await dialog.getByText('2024-05-17 12:00:00.000007 UTC').waitFor();
      await dialog.getByRole('button', { name: 'Indented' }).click();
      await eventually(async () =>
        expect(await dialog.locator('pre').textContent()).to.contain(
          '\n  "big": 12345678901234567890,\n  "price": 1.0,\n',
        ),
      );
      await expectAccessible(page);
      await screenshot(page, 'browse-event');
      const { searchParams } = new URL(page.url());
      const link = urlOf(`&name=something+else&event=${searchParams.get('event')}`);

      await dialog.getByRole('heading', { name: 'event 1', exact: true }).hover();
      await page.mouse.down();
      await page.mouse.move(10, 300);
      await page.mouse.up();
      expect(await dialog.isVisible(), 'after a text was selected').to.equal(true);
      await dialog.getByRole('button', { name: 'Close' }).focus();
      await page.keyboard.press('ArrowDown');
      await dialog.getByRole('heading', { name: 'event 3', exact: true }).waitFor();
      await page
        .getByRole('status')
        .filter({ hasText: /^event 3, 20/ })
        .waitFor({ state: 'attached' });
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      await dialog.getByRole('heading', { name: 'event 3', exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await page.waitForURL(urlOf('&category=shop'));
      await page.goBack();
      expect(page.url()).to.equal('about:blank');

      const elsewhere = await open(link);
      await elsewhere.getByRole('dialog').getByRole('heading', { name: 'event 1', exact: true }).waitFor();
      expect(await elsewhere.getByRole('dialog').locator('pre').textContent()).to.equal(DELICATE);
      const nowhere = await open(urlOf('&event=1-2-nobody'));
      await nowhere.getByRole('dialog').getByText('This event is not here').waitFor();
    }),
  );

  it(
    'copies the data exactly as it was sent',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&name=event+1'));
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.locator('.event-time').first().click();
      await page.getByRole('button', { name: 'Indented' }).click();
      await page.getByRole('button', { name: 'Copy the data' }).click();
      await page.getByText('Copied', { exact: true }).waitFor();
      expect(await page.evaluate<string>('navigator.clipboard.readText()')).to.equal(DELICATE);
    }),
  );

  it(
    'leads from the values of an event to the others that have them, and to its user',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&name=event+2'));
      await page.locator('.event-time').first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('link', { name: 'number: 2' }).click();
      await page.waitForURL(urlOf('&name=event+2&category=blog&where=data.number%3A2'));
      await dialog.waitFor({ state: 'hidden' });
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(['event 2']));
      await page.getByRole('button', { name: 'Remove the filter data.number:2' }).click();
      await page.waitForURL(urlOf('&name=event+2&category=blog'));
      expect(await page.evaluate<string>('document.activeElement.textContent')).to.equal('+ Filter');
      await page.locator('.event-time').first().click();
      await dialog.getByRole('link', { name: 'user 1' }).click();
      await page.getByRole('heading', { name: 'user 1' }).waitFor();
    }),
  );

  it(
    'shows new events as they come, and goes on from one that is opened to those that were beside it',
    inBrowser(async ({ open }) => {
      const post = async (name: string) => {
        const event = eventText({ name, category: 'fresh', timestamp: Date.now() });
        expect((await postEvents(service.url, event)).status).to.equal(202);
      };
      const page = await open(urlOf('&category=fresh&limit=2'));
      await page.getByText('No event passes these filters').waitFor();
      for (const name of ['below', 'above']) await post(name);
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(['above', 'below']));
      const held = deferred<void>();
      await page.route('**/events?*', async (route) => held.promise.then(async () => route.continue()));
      for (const name of ['new', 'newest']) await post(name);
      const link = `${service.url}/events?category=fresh&order=desc&limit=2`;
      await eventually(async () => expect(await (await fetch(link)).text()).to.contain('"newest"'));
      await page.locator('.event-time').first().click();
      await page.getByRole('dialog').getByRole('heading', { name: 'above' }).waitFor();
      held.resolve();
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(['newest', 'new']));
      await page.keyboard.press('ArrowDown');
      await page.getByRole('dialog').getByRole('heading', { name: 'below' }).waitFor();
    }),
  );

  it(
    'says which filters find nothing, and leads further',
    inBrowser(async ({ open }) => {
      const page = await open(urlOf('&session_id=nobody&category=shop&range=1h'));
      await page.getByText('There is none with category “shop”, session “nobody”, of the last hour.').waitFor();
      await expectAccessible(page);
      await screenshot(page, 'browse-nothing');
      await page.getByRole('link', { name: 'Any session' }).click();
      await page.getByText('There is none with category “shop”, of the last hour.').waitFor();
      await page.getByRole('link', { name: 'Any time' }).click();
      await eventually(async () => expect(await shownNames(page)).to.have.length(13));
      await page.goto(urlOf('&where=data.number%3A99'));
      await page.getByRole('link', { name: 'Any data' }).click();
      await page.waitForURL(urlOf(''));
    }),
  );

  it(
    'says at the field what is wrong with a filter, and where to go with a cursor of other filters',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 400/);
      const page = await open(urlOf('&from=yesterday'));
      await page.getByText('Received "yesterday", expected ISO 8601').waitFor();
      expect(await page.getByLabel('From (UTC)').getAttribute('aria-invalid')).to.equal('true');
      await expectAccessible(page);
      await screenshot(page, 'browse-wrong');
      await page.goto(urlOf('&name=event+1&cursor=WzFd'));
      await page.getByText('This page belongs to other filters').waitFor();
      await page.getByRole('link', { name: 'first page' }).click();
      await eventually(async () => expect(await shownNames(page)).to.deep.equal(['event 1']));
    }),
  );

  it(
    'passes on what the service says of a question that is too expensive',
    inBrowser(async ({ open, allowTrouble, closing }) => {
      allowTrouble(/status of 422/);
      const small = await startTestApp({ questions: { ...defaults.questions, maxRowsRead: 1 } });
      closing.add('service', () => small.remove());
      await insertRows(small.database, 'events', [eventRow({}), eventRow({ event_id: 'f' })]);
      const page = await open(`${small.url}/?view=browse`);
      await page.getByText(/expected a shorter range \(from, to\), a session_id/).waitFor();
    }),
  );
});

/** The names of the events that the page shows, in their order, once they are those of its address. */
async function shownNames(page: Page): Promise<string[]> {
  await page.locator('.answer[aria-busy="false"] .event-lines').waitFor();
  return await page.locator('.event-what > .one-line').allTextContents();
}
