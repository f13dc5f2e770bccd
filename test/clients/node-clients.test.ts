import { expect } from 'chai';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { NODE_CLIENTS } from './drivers/node-clients.ts';
import { runClient } from './run-client.ts';

const EVENTS = 300;

describe('Clients of Node, unchanged, through a proxy that loses, delays and refuses, while the service is killed', () => {
  for (const driver of NODE_CLIENTS) {
    it(`${driver.name}: what it was told is taken is there, once, as it was sent`, async function () {
      this.timeout(300_000);
      const outcome = await runClient({
        driver,
        events: EVENTS,
        endpoint: testEndpoint(),
        random: Math.random,
        restarts: 1,
        restartAfterMs: 300,
      });
      expect(outcome.lost, 'delivered, and not there').to.deep.equal([]);
      expect(outcome.wrong, 'twice, or not as sent').to.deep.equal([]);
      expect(outcome.delivered).to.be.greaterThan(0);
      if (driver.isPatient) expect(outcome).to.include({ givenUp: 0, stored: EVENTS - 1, rejected: 1 });
    });
  }
});
