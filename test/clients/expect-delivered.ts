import { expect } from 'chai';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { runClient, type Run } from './run-client.ts';

/** That what a client was told is taken is there, once, as it was sent; and of a patient one, all that it sent. */
export async function expectDelivered(run: Pick<Run, 'driver' | 'events' | 'users' | 'restartAfterMs'>): Promise<void> {
  const { driver, events } = run;
  const outcome = await runClient({ ...run, endpoint: testEndpoint(), random: Math.random, restarts: 1 });
  expect(outcome.lost, 'delivered, and not there').to.deep.equal([]);
  expect(outcome.wrong, 'twice, or not as sent').to.deep.equal([]);
  expect(outcome.delivered).to.be.greaterThan(0);
  if (driver.isPatient) expect(outcome).to.include({ givenUp: 0, stored: events - 1, rejected: 1 });
}
