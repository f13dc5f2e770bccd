import { Closing } from '../../server/closing.ts';
import { closeChromium } from './chromium.ts';
import { setTestEndpoint } from './clickhouse.ts';
import { expectNothingLeft } from './leaks.ts';
import { startTestClickHouse } from './start-clickhouse.ts';

const closing = new Closing();

/** Once before all tests: the ClickHouse that TEST_CLICKHOUSE names, by default an embedded engine of its own. */
export async function mochaGlobalSetup(): Promise<void> {
  setTestEndpoint(await startTestClickHouse(process.env['TEST_CLICKHOUSE'] ?? 'embedded', closing));
}

/** Once after all tests. What it throws fails the run. */
export async function mochaGlobalTeardown(): Promise<void> {
  await closeChromium();
  await closing.close();
  await expectNothingLeft();
}
