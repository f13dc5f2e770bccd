import { expect } from 'chai';
import { expectAccessible } from '../support/browser/accessible.ts';
import { apiKey } from '../support/http/api-keys.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { startTestApp, type TestApp } from '../support/server/test-app.ts';

const PATIENCE_MS = 120_000;

describe('The dashboard of a service with keys', function () {
  this.timeout(PATIENCE_MS);

  let service: TestApp;

  before(async () => {
    const keys = [apiKey('a-read-key', 'desk', 'read'), apiKey('a-write-key', 'shop', 'write')];
    service = await startTestApp({ trust: { keys, networks: [], proxies: [] } });
  });
  after(async () => service.remove());

  it(
    'asks for a key, says what is wrong with one, keeps it for the tab alone and not in the address',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of (40[13]|503)/);
      const page = await open(service.url);
      const field = page.getByLabel('API key');
      await expectAccessible(page);
      await screenshot(page, 'key');
      // A service that is busy answers before it looks at the key.
      await page.route('**/analytics?*', async (route) => route.fulfill({ status: 503 }), { times: 1 });
      await field.fill('nonsense');
      await field.press('Enter');
      await page.getByText('The service does not know this key.').waitFor();
      await field.fill('a-write-key');
      await field.press('Enter');
      await page.getByText('This key cannot be used here').waitFor();
      await field.fill('a-read-key');
      await field.press('Enter');
      await page.getByText('Waiting for your first event…').waitFor();
      expect(await page.locator('.copy-line pre').textContent()).to.contain(
        'curl -H "Authorization: Bearer $KEY" http',
      );
      await page.reload();
      await page.getByText('Waiting for your first event…').waitFor();
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

  it(
    'says that a key may not read in place of the events and of the rejections',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 40[13]/);
      const page = await open(service.url);
      // Only then: a refusal that is still under way would take the key away again.
      await page.getByRole('heading', { name: 'An API key is needed' }).waitFor();
      await page.evaluate("sessionStorage.setItem('clickhour-api-key', 'a-write-key')");
      await page.goto(`${service.url}/?view=browse`);
      await page.getByText('Your API key may not see the events').waitFor();
      await page.getByText('expected one with the role read').waitFor();
      await expectAccessible(page);
      await screenshot(page, 'browse-forbidden');
      await page.goto(`${service.url}/?view=rejected`);
      await page.getByText('Your API key may not see the rejected events').waitFor();
    }),
  );

  it(
    'shows the health of the service without a key where the other views ask for one',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 401/);
      const page = await open(`${service.url}/?view=browse`);
      await page.getByRole('heading', { name: 'An API key is needed' }).waitFor();
      await page.getByRole('link', { name: 'Health', exact: true }).click();
      await page.getByText('All is well').waitFor();
      await page.getByRole('link', { name: 'Events', exact: true }).click();
      await page.getByLabel('API key').fill('a-read-key');
      await page.getByRole('button', { name: 'Use this key' }).click();
      await page.getByText('No events yet').waitFor();
      await page.getByRole('link', { name: 'Health', exact: true }).click();
      await page.getByText('All is well').waitFor();
    }),
  );
});
