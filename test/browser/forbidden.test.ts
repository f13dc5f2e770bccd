import { expectAccessible } from '../support/browser/accessible.ts';
import { apiKey } from '../support/http/api-keys.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { startTestApp } from '../support/server/test-app.ts';

describe('The dashboard with a key that may not read', () => {
  it(
    'says so in place of the events and of the rejections',
    inBrowser(async ({ open, allowTrouble, closing }) => {
      allowTrouble(/status of 40[13]/);
      const keys = [apiKey('w', 'writer', 'write')];
      const guarded = await startTestApp({ trust: { keys, networks: [], proxies: [] } });
      closing.add('service', () => guarded.remove());
      const page = await open(guarded.url);
      // Only then: a refusal that is still under way would take the key away again.
      await page.getByRole('heading', { name: 'An API key is needed' }).waitFor();
      await page.evaluate("sessionStorage.setItem('clickhour-api-key', 'w')");
      await page.goto(`${guarded.url}/?view=browse`);
      await page.getByText('Your API key may not see the events').waitFor();
      await page.getByText('expected one with the role read').waitFor();
      await expectAccessible(page);
      await screenshot(page, 'browse-forbidden');
      await page.goto(`${guarded.url}/?view=rejected`);
      await page.getByText('Your API key may not see the rejected events').waitFor();
    }),
  );
});
