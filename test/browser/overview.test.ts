import { expect } from 'chai';
import { expectAccessible } from '../support/accessible.ts';
import { inBrowser, screenshot } from '../support/browser.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

describe('The overview in a browser', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  it(
    'says what hour it is, and that nothing has come yet',
    inBrowser(async ({ open }) => {
      const page = await open(service.url);
      await page.getByText('No clicks and no impressions in these hours').waitFor();
      expect(await page.title()).to.equal('Overview · clickhour');
      await expectAccessible(page);
      await screenshot(page, 'overview-empty');
    }),
  );
});
