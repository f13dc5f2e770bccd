import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine, type Engine } from '../../clickhouse/embedded/embedded.ts';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { expectAccessible } from '../support/browser/accessible.ts';
import { inBrowser, screenshot } from '../support/browser/browser.ts';
import { eventText, postEvents } from '../support/http/events-api.ts';
import { silentLog } from '../support/logs.ts';
import { startServer } from '../support/server/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

/** An engine takes seconds to start, and a page waits up to 30 s before it asks again. */
const BACK_WITHIN_MS = 40_000;

describe('The dashboard in a browser while ClickHouse is unavailable', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function newDirectory(): Promise<string> {
    const directory = await tempDir();
    closing.add('directory', () => directory.remove());
    return directory.path;
  }

  async function newEngine(directory: string): Promise<Engine> {
    const engine = await startEngine({ directory, log: silentLog, database: 'test_*' });
    closing.add('engine', () => engine.close());
    return engine;
  }

  it(
    'keeps what it showed and says that it is not up to date, and is live again by itself',
    inBrowser(async ({ open, allowTrouble }) => {
      allowTrouble(/status of 503/);
      const directory = await newDirectory();
      const engine = await newEngine(directory);
      const env = { ...endpointEnv(engine.endpoint), CLICKHOUSE_DATABASE: 'test_browser_outage' };
      const server = await startServer({ ...env, DATA_DIR: await newDirectory() });
      closing.add('server', () => server.stop());
      const send = async (name: string) =>
        postEvents(server.url, eventText({ name, category: 'outage', timestamp: Date.now() }));
      const top = await open(`${server.url}/?view=top&category=outage`);
      const overview = await open(server.url);
      await send('before');
      await top.getByRole('link', { name: 'before' }).waitFor();
      await overview.getByText('Live', { exact: true }).waitFor();

      await engine.close();
      await send('meanwhile');
      await top.getByText('Not up to date.').waitFor();
      await top.getByText('Last updated').waitFor();
      await top.getByRole('link', { name: 'before' }).waitFor();
      await overview
        .getByText(/Not up to date|not known/i)
        .first()
        .waitFor();
      await overview.getByText('Live', { exact: true }).waitFor({ state: 'hidden' });
      await expectAccessible(top);
      await screenshot(top, 'top-outage');
      await screenshot(overview, 'overview-outage');
      await sleep(1_000);

      await newEngine(directory);
      const patience = { timeout: BACK_WITHIN_MS };
      await top.getByRole('link', { name: 'meanwhile' }).waitFor(patience);
      await top.getByText('Live, updated').waitFor(patience);
      await top.getByText('Not up to date.').waitFor({ state: 'hidden', ...patience });
      await overview.getByText('Live', { exact: true }).waitFor(patience);
    }),
  ).timeout(120_000);
});
