import { expect } from 'chai';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { openShop } from '../support/browser/shop.ts';
import { eventually } from '../support/http/outcome.ts';
import { getJson } from '../support/http/pages.ts';
import { deferred } from '../../server/common/deferred.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

const PATIENCE_MS = 120_000;

describe('Funnel and retention in a browser', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;

  before(async () => {
    service = await startTestApp();
    await openShop(service.url);
  });
  after(async () => service.remove());

  it(
    'a funnel is built by picking steps, and says what goes on and what is lost',
    inBrowser(async ({ open }) => {
      const page = await open(`${service.url}/?view=funnel`);
      await page.getByText('Choose two steps').waitFor();
      for (const [index, step] of ['product viewed', 'checkout', 'purchase'].entries()) {
        await page.getByRole('combobox', { name: `Step ${index + 1}` }).click();
        await page.getByRole('option').first().waitFor();
        expect(await page.getByRole('option', { name: 'All of' }).count()).to.equal(0);
        await page.getByRole('option', { name: step }).click();
      }
      const { searchParams } = new URL(page.url());
      expect(searchParams.getAll('step')).to.deep.equal(['shop::product viewed', 'shop::checkout', 'shop::purchase']);
      const from = new Date((Math.floor(Date.now() / 86_400_000) - 30) * 86_400_000).toISOString();
      const steps = searchParams.getAll('step').map((step) => `step=${encodeURIComponent(step)}`);
      const answer = await getJson<{ steps: { count: number }[] }>(
        `${service.url}/events/funnel?${steps.join('&')}&from=${from}`,
      );
      const counts = answer.steps.map(({ count }) => String(count));
      expect(Number(counts[0])).to.be.greaterThan(Number(counts[2]));
      await eventually(async () =>
        expect(await page.locator('.funnel-step strong').allInnerTexts()).to.deep.equal(counts),
      );
      await page.getByText('go all the way').waitFor();
      await expectAccessible(page);
      await screenshot(page, 'funnel');
      await page.getByLabel('Within').selectOption('30 minutes');
      await page.getByRole('button', { name: 'Clear Step 2' }).click();
      await eventually(async () => expect(await page.locator('.funnel-step').count()).to.equal(2));
    }),
  );

  it(
    'retention is a table of cohorts that is read without colour',
    inBrowser(async ({ open }) => {
      const page = await open(`${service.url}/?view=retention`, { colorScheme: 'dark' });
      await page.getByRole('combobox', { name: 'First event' }).click();
      await page.getByRole('option', { name: /^signup/ }).click();
      await page.getByRole('combobox', { name: 'Came back with' }).click();
      await page.getByRole('option', { name: /^page viewed/ }).click();
      await page.locator('.cohorts tbody tr').first().waitFor();
      expect(await page.locator('.cohorts .cohort').first().innerText()).to.match(/^\d+(\.\d)?%|–$/);
      await expectAccessible(page);
      await screenshot(page, 'retention-dark');
      const again = await open(page.url());
      await again.locator('.cohorts tbody tr').first().waitFor();
      await screenshot(again, 'retention');
      const held = deferred<void>();
      await again.route('**/events/retention?*', async (route) => held.promise.then(async () => route.continue()));
      await again.getByLabel('Per', { exact: true }).selectOption('day');
      await again.locator('.answer[aria-busy="true"]').waitFor();
      // What is still there is of weeks.
      await again.getByRole('columnheader', { name: 'First week' }).waitFor();
      held.resolve();
      await again.getByRole('columnheader', { name: 'First day' }).waitFor();
    }),
  );
});
