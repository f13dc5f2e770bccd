import { expect } from 'chai';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { chromium } from '../support/browser/chromium.ts';
import { PAGE_CLIENTS } from './drivers/page-clients.ts';
import { runClient } from './run-client.ts';

const EVENTS = 60;

describe('Clients of pages, unchanged, through the same proxy, over a reload and a closed tab', () => {
  for (const driver of PAGE_CLIENTS) {
    it(`${driver.name}: what it was told is taken is there, once, as it was sent`, async function () {
      this.timeout(300_000);
      if ((await chromium()) === undefined) this.skip();
      const outcome = await runClient({
        driver,
        events: EVENTS,
        users: 2,
        endpoint: testEndpoint(),
        random: Math.random,
        restarts: 1,
        restartAfterMs: 2_000,
      });
      expect(outcome.lost, 'delivered, and not there').to.deep.equal([]);
      expect(outcome.wrong, 'twice, or not as sent').to.deep.equal([]);
      expect(outcome.delivered).to.be.greaterThan(0);
      if (driver.isPatient) expect(outcome).to.include({ givenUp: 0, stored: EVENTS - 1, rejected: 1 });
    });
  }
});
