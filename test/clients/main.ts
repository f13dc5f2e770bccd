/**
 * Has each client send events through a faulty proxy to a service that is killed now and then, and says what became of
 * them: node .build/test/clients/main.js [--events 10000] [--client NAME]
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../server/common/project-root.ts';
import { closeChromium } from '../support/browser/chromium.ts';
import { testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { mochaGlobalSetup, mochaGlobalTeardown } from '../support/global-setup.ts';
import type { Outcome } from './compare.ts';
import { NODE_CLIENTS } from './drivers/node-clients.ts';
import { PAGE_CLIENTS } from './drivers/page-clients.ts';
import { runClient } from './run-client.ts';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '10000' }, client: { type: 'string' }, help: { type: 'boolean' } },
});
const clients = [...NODE_CLIENTS, ...PAGE_CLIENTS];
const chosen = clients.filter(({ name }) => values.client === undefined || name === values.client);

if (values.help === true) {
  process.stdout.write('Usage: node .build/test/clients/main.js [--events 10000] [--client NAME]\n');
} else if (chosen.length === 0) {
  const names = clients.map(({ name }) => name).join(', ');
  process.stderr.write(`--client: received "${values.client}", expected one of ${names}\n`);
  process.exitCode = 2;
} else {
  await mochaGlobalSetup();
  try {
    for (const driver of chosen) {
      const startedMs = Date.now();
      const outcome = await runClient({
        driver,
        events: Number(values.events),
        endpoint: testEndpoint(),
        random: Math.random,
        restarts: 3,
        restartAfterMs: 10_000,
      });
      process.stdout.write(`${report(driver.name, outcome, Math.round((Date.now() - startedMs) / 1000))}\n`);
      for (const text of [...outcome.lost, ...outcome.wrong].slice(0, 5)) process.stdout.write(`  ${text}\n`);
      if (outcome.lost.length + outcome.wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    await closeChromium();
    await mochaGlobalTeardown();
  }
}

function report(name: string, outcome: Outcome, seconds: number): string {
  const { sent, delivered, stored, rejected, givenUp, lost, wrong, faults, sentAgain } = outcome;
  const requests = [...faults.values()].reduce((sum, count) => sum + count, 0);
  return (
    `${name} ${versionOf(name)}: sent ${sent}, delivered ${delivered}, stored ${stored}, rejected ${rejected}, ` +
    `given up by the client ${givenUp}, lost ${lost.length}, wrong ${wrong.length}, in ${seconds} s; ` +
    `${requests} requests, ${sentAgain} of them again; ${JSON.stringify(Object.fromEntries(faults))}`
  );
}

function versionOf(name: string): string {
  const text = readFileSync(path.join(projectRoot, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
