import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { NDJSON, postEvents } from '../support/http/events-api.ts';
import { expectHarmless, HOSTILE } from '../support/events/hostile.ts';
import { insertRows } from '../support/clickhouse/insert-events.ts';
import { eventually } from '../support/http/outcome.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

/** Each is many steps, on machines that do other things too. */
const PATIENCE_MS = 120_000;
const COUNT = 25;

describe('Rejected events in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;
  const nowUs = Date.now() * 1000;
  const payloads = Array.from({ length: COUNT }, (_, index) => `{"number":${index + 1},"price":1.0`);

  before(async () => {
    service = await startTestApp();
    const rows = payloads.map((payload, index) => ({
      received_at: nowUs - index * 60_000_000,
      event_id: `r${index}`,
      application: index % 2 === 0 ? 'till' : '',
      reason: index % 5 === 0 ? 'schema' : 'malformed',
      errors: `[{"path":"data.number","message":"received ${index + 1}, expected a text"}]`,
      payload: index === 0 ? `${payload}}` : payload,
    }));
    await insertRows(service.database, 'rejected_events', rows);
  });
  after(async () => service.remove());

  it(
    'are shown with their errors and what was received, page by page',
    inBrowser(async ({ open }) => {
      const page = await open(`${service.url}/?view=rejected`);
      await eventually(async () => expect(await page.locator('.rejection').count()).to.equal(20));
      const newest = page.getByRole('article').first();
      expect(await newest.innerText()).to.match(/Schema\s+data\.number: received 1, expected a text/);
      expect(await page.evaluate<number>('document.documentElement.scrollHeight')).to.be.below(2_500);
      await expectAccessible(page);
      await screenshot(page, 'rejected');
      await openAll(page);
      expect(await newest.innerText()).to.contain('Sent by till.');
      await newest.getByRole('button', { name: 'Indented' }).click();
      await eventually(async () =>
        expect(await newest.locator('pre').textContent()).to.equal('{\n  "number": 1,\n  "price": 1.0\n}'),
      );
      await newest.getByRole('button', { name: 'As sent' }).click();
      await expectAccessible(page);
      const first = await shownPayloads(page);
      await page.getByRole('link', { name: 'Next page' }).click();
      await page.getByRole('heading', { name: 'Rejections, page 2' }).waitFor();
      expect([...first, ...(await shownPayloads(page))]).to.deep.equal([`${payloads[0]}}`, ...payloads.slice(1)]);
      const again = await open(page.url());
      await eventually(async () => expect(await shownPayloads(again)).to.deep.equal(payloads.slice(20)));
      await page.getByRole('link', { name: 'Previous page' }).click();
      await eventually(async () => expect(await shownPayloads(page)).to.deep.equal(first));
    }),
  );

  it(
    'are filtered by reason, application and time, and the address holds it',
    inBrowser(async ({ open }) => {
      const page = await open(`${service.url}/?view=rejected`);
      await page.getByLabel('Reason').selectOption('Schema');
      await eventually(async () => expect(await shownPayloads(page)).to.have.length(5));
      await page.getByLabel('Application').fill('till');
      await page.getByLabel('Application').press('Enter');
      await eventually(async () => expect(await shownPayloads(page)).to.have.length(3));
      const again = await open(page.url());
      await eventually(async () => expect(await shownPayloads(again)).to.have.length(3));
      await again.getByRole('link', { name: 'Only this moment' }).first().click();
      await eventually(async () => expect(await shownPayloads(again)).to.deep.equal([`${payloads[0]}}`]));
      await again.goto(`${service.url}/?view=rejected&reason=timestamp&range=1h`);
      await again.getByText('Nothing that was rejected passes these filters').waitFor();
      await expectAccessible(again);
      await screenshot(again, 'rejected-nothing');
      await again.getByRole('link', { name: 'No filters' }).click();
      await eventually(async () => expect(await shownPayloads(again)).to.have.length(20));
    }),
  );

  it(
    'are shown as they come where there was none',
    inBrowser(async ({ open, closing }) => {
      const empty = await startTestApp();
      closing.add('service', () => empty.remove());
      const page = await open(`${empty.url}/?view=rejected`);
      await page.getByText('Nothing was rejected').waitFor();
      await postEvents(empty.url, '{"name":""}', NDJSON);
      await page.getByText('1 rejection in all').waitFor();
      await page.locator('.rejection').first().waitFor();
    }),
  );

  it(
    'may hold anything, and are shown as text',
    inBrowser(async ({ open, closing }) => {
      const hostile = await startTestApp();
      closing.add('service', () => hostile.remove());
      const page = await open(`${hostile.url}/?view=rejected`);
      await page.getByText('Nothing was rejected').waitFor();
      const odd = ['\u0000\u0007\u001B[31m', `{"session_id":"${'x'.repeat(20_000)}"}`, '{"__proto__":{"a":1}}'];
      const lines = [
        ...HOSTILE,
        ...odd,
        ...HOSTILE.map((text) => JSON.stringify({ [text]: text, name: 1, category: text, data: { [text]: 1 } })),
      ];
      const answer = await postEvents(hostile.url, lines.join('\n'), NDJSON);
      expect(answer.body.rejected).to.have.length(lines.length);
      await eventually(async () => {
        // Asked again it forgets the answer that is on its way.
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.locator('.rejection').first().waitFor({ timeout: 10_000 });
        expect(await shownPayloads(page)).to.have.length(lines.length);
      });
      await page.getByText('U+202E').first().waitFor();
      await page.getByText('[cut: 16384 of 20017 bytes]').waitFor();
      await expectHarmless(page);
      await expectAccessible(page);
      await screenshot(page, 'rejected-hostile');
    }),
  );
});

/** Opens each rejection, to what was received. */
async function openAll(page: Page): Promise<void> {
  await page.evaluate("document.querySelectorAll('.rejection details').forEach((one) => { one.open = true; })");
}

/** What the page has as received, in its order, once it is the answer to its address. */
async function shownPayloads(page: Page): Promise<string[]> {
  await page.locator('.answer[aria-busy="false"]').waitFor();
  await openAll(page);
  const count = await page.locator('.rejection').count();
  await eventually(async () => expect(await page.locator('.rejection-opened').count()).to.equal(count));
  return await page.locator('.rejection pre').allTextContents();
}
