import { NODE_CLIENTS } from './drivers/node-clients.ts';
import { expectDelivered } from './expect-delivered.ts';

describe('Clients of Node, unchanged, through a proxy that loses, delays and refuses, while the service is killed', function () {
  this.timeout(300_000);

  for (const driver of NODE_CLIENTS) {
    it(`${driver.name}: what it was told is taken is there, once, as it was sent`, async () =>
      expectDelivered({ driver, events: 300, restartAfterMs: 300 }));
  }
});
