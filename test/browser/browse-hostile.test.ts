import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { expectHarmless, HOSTILE } from '../support/events/hostile.ts';
import { eventText, NDJSON, postEvents } from '../support/http/events-api.ts';
import { eventually } from '../support/http/outcome.ts';
import { getJson, type ShownPage } from '../support/http/pages.ts';
import { startTestApp } from '../support/server/test-app.ts';

/** Each is many steps, on machines that do other things too. */
const PATIENCE_MS = 240_000;

describe('Browsing what anyone may send', function () {
  this.timeout(PATIENCE_MS);

  it(
    'shows whatever was sent as text, and nothing of it runs or breaks the page',
    inBrowser(async ({ open, closing }) => {
      const hostile = await startTestApp();
      closing.add('service', () => hostile.remove());
      const events = HOSTILE.map((text) =>
        eventText({
          session_id: text,
          category: text,
          name: text,
          user: text,
          event_id: text.slice(0, 128),
          data: { [text]: text, long: 'x'.repeat(60_000) },
          timestamp: Date.now(),
        }),
      );
      const { body } = await postEvents(hostile.url, events.join('\n'), NDJSON);
      expect(body.rejected).to.deep.equal([]);
      await eventually(async () => {
        const { events: stored } = await getJson<ShownPage>(`${hostile.url}/events`);
        expect(stored).to.have.length(HOSTILE.length);
      });
      const page = await open(`${hostile.url}/?view=browse&order=asc`);
      await eventually(async () => expect(await shownNames(page)).to.have.length(HOSTILE.length));
      await page.getByRole('combobox', { name: 'Event' }).click();
      await page.getByRole('option').first().waitFor();
      await expectHarmless(page);
      await page.keyboard.press('Escape');
      await expectAccessible(page);
      await screenshot(page, 'browse-hostile');
      for (let index = 0; index < HOSTILE.length; index += 1) {
        await page.locator('.event-time').nth(index).click();
        await page.getByRole('dialog').locator('pre').waitFor();
        await expectHarmless(page);
        if (index === HOSTILE.length - 1) await screenshot(page, 'browse-event-long');
        await page.getByRole('button', { name: 'Close' }).click();
      }
      for (const [index] of HOSTILE.entries()) {
        await page.goto(`${hostile.url}/?view=browse&order=asc`);
        await page.locator('.filter-link').nth(index).click();
        await eventually(async () => expect(await page.locator('.timeline-day .event-line').count()).to.equal(1));
        await expectHarmless(page);
      }
    }),
  );

  it(
    'tells keys apart that differ in what cannot be seen, in lists and charts',
    inBrowser(async ({ open, closing }) => {
      const service = await startTestApp();
      closing.add('service', () => service.remove());
      const events = ['pro', 'pro\u200B'].map((plan) => eventText({ data: { plan }, timestamp: Date.now() }));
      await postEvents(service.url, events.join('\n'), NDJSON);
      const page = await open(`${service.url}/?view=top&by=data.plan`);
      const shown = ['pro', 'proU+200B'];
      await eventually(async () =>
        expect((await page.locator('.top-key').allTextContents()).sort()).to.deep.equal(shown),
      );
      await expectAccessible(page);
      await screenshot(page, 'top-invisible');
      await page.goto(`${service.url}/?view=explore&by=data.plan`);
      await eventually(async () =>
        expect((await page.locator('.legend .one-line').allTextContents()).sort()).to.deep.equal(shown),
      );
      await page.getByRole('application').focus();
      await page.keyboard.press('End');
      await eventually(async () =>
        expect((await page.locator('.tooltip-line .one-line').allTextContents()).sort()).to.deep.equal(shown),
      );
      await screenshot(page, 'explore-invisible');
      await page.getByRole('button', { name: 'Table' }).click();
      await eventually(async () =>
        expect((await page.locator('th.number').allTextContents()).sort()).to.deep.equal(shown),
      );
    }),
  );
});

/** The names of the events that the page shows, in their order, once they are those of its address. */
async function shownNames(page: Page): Promise<string[]> {
  await page.locator('.answer[aria-busy="false"] .event-lines').waitFor();
  return await page.locator('.event-what > .one-line').allTextContents();
}
