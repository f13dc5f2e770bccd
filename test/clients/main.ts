/**
 * Has each client of Node send events through a faulty proxy to a service that is killed now and then, and says what
 * became of them: node .build/test/clients/main.js [--events 10000] [--client NAME]
 */
import { parseArgs } from 'node:util';
import { NODE_CLIENTS } from './drivers/node-clients.ts';
import { runClient } from './run-client.ts';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../support/global-setup.ts';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000' }, client: { type: 'string' }, help: { type: 'boolean' } },
});

if (values.help === true) {
  process.stdout.write('Usage: node .build/test/clients/main.js [--events 10000] [--client NAME]\n');
} else {
  await mochaGlobalSetup();
  try {
    for (const driver of NODE_CLIENTS.filter(({ name }) => values.client === undefined || name === values.client)) {
      const startedMs = Date.now();
      const outcome = await runClient({
        driver,
        events: Number(values.events),
        endpoint: testEndpoint(),
        random: Math.random,
        restarts: 3,
        restartAfterMs: 10_000,
      });
      const { sent, delivered, stored, lost, wrong, fates } = outcome;
      const seconds = Math.round((Date.now() - startedMs) / 1000);
      process.stdout.write(
        `${driver.name}: sent ${sent}, delivered ${delivered}, stored ${stored}, lost ${lost.length}, ` +
          `wrong ${wrong.length}, in ${seconds} s; ${JSON.stringify(Object.fromEntries(fates))}\n`,
      );
      for (const text of [...lost, ...wrong].slice(0, 5)) process.stdout.write(`  ${text}\n`);
      if (lost.length + wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    await mochaGlobalTeardown();
  }
}
