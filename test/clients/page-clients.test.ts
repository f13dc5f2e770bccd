import { chromium } from '../support/browser/chromium.ts';
import { PAGE_CLIENTS } from './drivers/page-clients.ts';
import { expectDelivered } from './expect-delivered.ts';

describe('Clients of pages, unchanged, through the same proxy, over a reload and a closed tab', function () {
  this.timeout(300_000);

  before(async function () {
    // A newcomer's laptop need not have Chromium; `.ci/run` installs it, and there `chromium` fails instead.
    if ((await chromium()) === undefined) this.skip();
  });

  for (const driver of PAGE_CLIENTS) {
    it(`${driver.name}: what it was told is taken is there, once, as it was sent`, async () =>
      expectDelivered({ driver, events: 60, users: 2, restartAfterMs: 2_000 }));
  }
});
