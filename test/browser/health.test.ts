import { expect } from 'chai';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { eventText, postEvents } from '../support/http/events-api.ts';
import { startSeverableService } from '../support/server/severable-service.ts';
import { startTestApp } from '../support/server/test-app.ts';

/** An engine takes seconds to start, and the service waits before it tries again. */
const BACK_WITHIN = { timeout: 40_000 };

describe('The health of the service in a browser', () => {
  it(
    'says that all is well, then that ClickHouse is unavailable and what waits for it, and that all is well again',
    inBrowser(async ({ open, closing }) => {
      const service = await startSeverableService('test_browser_health', closing);
      const page = await open(`${service.url}/?view=health`);
      await page.getByText('All is well').waitFor();
      await page.getByText(/It answers, with version \d+\.\d+/).waitFor();
      await expectAccessible(page);
      await screenshot(page, 'health-well');

      await service.sever();
      expect((await postEvents(service.url, eventText({ timestamp: Date.now() }))).status).to.equal(202);
      await page.getByText('Events are accepted, and ClickHouse is unavailable').waitFor();
      await page.getByText(/The oldest came \d+ s ago/).waitFor();
      await page.getByText('1 event', { exact: true }).waitFor();
      await expectAccessible(page);
      await screenshot(page, 'health-unavailable');

      await service.restore();
      await page.getByText('All is well').waitFor(BACK_WITHIN);
      await page.getByText('ClickHouse has every event that was accepted.').waitFor(BACK_WITHIN);
    }),
  ).timeout(120_000);

  it(
    'says so when the service is gone, and shows how it was',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/ERR_CONNECTION|ERR_EMPTY_RESPONSE/);
      const service = await startTestApp();
      const page = await open(`${service.url}/?view=health`);
      try {
        await page.getByText('All is well').waitFor();
      } finally {
        await service.remove();
      }
      await page.getByText('The service does not answer').waitFor();
      await page.getByText('as it was at').waitFor();
      expect(await page.getByText('All is well').count()).to.equal(0);
      await expectAccessible(page);
      await screenshot(page, 'health-gone');
    }),
  );

  it(
    'says that no events are accepted, and shows parts that it has not heard of',
    inBrowser(async ({ open, closing }) => {
      const service = await startTestApp();
      closing.add('service', () => service.remove());
      const page = await open(service.url);
      const nodes = [
        { node: 'a:8123', state: 'up', version: '26.7' },
        { node: '<img src=x onerror=alert(1)>', state: 'unavailable', error: 'x'.repeat(300) },
      ];
      const parts = {
        journal: { state: 'refusing', error: 'ENOSPC: no space left on device' },
        clickhouse: { state: 'partly unavailable', version: '26.7', error: 'refused', nodes },
        self_check: { state: 'passed', last_run_seconds: 61 },
      };
      await page.route('**/health', async (route) => route.fulfill({ json: { status: 'not ready', parts } }));
      await page.goto(`${service.url}/?view=health`);
      await page.getByText('No events are accepted').waitFor();
      await page.getByText('ENOSPC: no space left on device').waitFor();
      await page.getByRole('heading', { name: 'Self check' }).waitFor();
      for (const summary of await page.getByText('Details', { exact: true }).all()) await summary.click();
      await page.getByText('1 min 1 s').waitFor();
      await page.getByText('Free space on the disk of DATA_DIR').waitFor();
      await page.getByText('node a:8123 · state up').waitFor();
      await expectAccessible(page);
      await screenshot(page, 'health-refusing');
    }),
  );
});
