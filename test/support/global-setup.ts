import { Closing } from '../../server/closing.ts';
import { closeChromium } from './browser/chromium.ts';
import { setTestEndpoint } from './clickhouse/clickhouse.ts';
import { everythingHeld, expectNothingLeft } from './leaks.ts';
import { startTestClickHouse } from './clickhouse/start-clickhouse.ts';

const closing = new Closing();

/**
 * Once before all tests, in mocha's main process: the ClickHouse that TEST_CLICKHOUSE names, by default an embedded engine
 * of its own. The tests may run in several processes, which are started after it.
 */
export async function mochaGlobalSetup(): Promise<void> {
  setTestEndpoint(await startTestClickHouse(process.env['TEST_CLICKHOUSE'] ?? 'embedded', closing));
}

/** Once after all tests. What it throws fails the run. */
export async function mochaGlobalTeardown(): Promise<void> {
  await closing.close();
  await expectNothingLeft([]);
}

let before: readonly string[];

/** Around all tests of a file, where files run in parallel; else around all tests. */
export const mochaHooks = {
  beforeAll: async (): Promise<void> => {
    before = await everythingHeld();
  },
  /** Whatever became of its browser, also when the test waits for it still: the next one does not have it. */
  afterEach: async function (this: Mocha.Context): Promise<void> {
    if (this.currentTest?.state === 'failed') await closeChromium();
  },
  /** What it throws fails the run. */
  afterAll: async (): Promise<void> => {
    await closeChromium();
    await expectNothingLeft(before);
  },
};
