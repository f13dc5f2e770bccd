import { expect } from 'chai';
import { endpointEnv } from '../../bench/servers/endpoint-env.ts';
import { Closing } from '../../server/closing.ts';
import { testDatabase, testEndpoint } from '../support/clickhouse/clickhouse.ts';
import { startServer } from '../support/server/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runCampaign } from './fuzz/campaign.ts';

const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 5000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

describe('A server that gets made-up requests to everything it documents', () => {
  const closing = new Closing();
  after(async () => closing.close());

  it('gives each a proper answer, never a 5xx, and keeps no memory, socket or file of them', async function () {
    this.timeout(120_000);
    const database = await testDatabase();
    closing.add('database', () => database.drop());
    const directory = await tempDir();
    closing.add('data', () => directory.remove());
    const server = await startServer({
      ...endpointEnv(testEndpoint()),
      DATA_DIR: directory.path,
      CLICKHOUSE_DATABASE: database.name,
    });
    closing.add('server', () => server.kill());

    const campaign = await runCampaign({ url: server.url, pid: server.pid, inputs: INPUTS, seed: SEED });
    expect(campaign.violations).to.deep.equal([]);
    expect(campaign.inputs).to.equal(INPUTS);
    expect(campaign.statuses).to.include.keys('200', '204', '400', '404');
    expect((await fetch(`${server.url}/health/live`)).status).to.equal(200);
    if (campaign.after.files !== undefined) {
      // A connection to ClickHouse more or less is no leak, a socket for each input would be.
      expect(campaign.after.files).to.be.at.most((campaign.before.files ?? 0) + 20);
    }
    expect(campaign.after.memoryMiB).to.be.at.most(campaign.before.memoryMiB + 150);
    expect(await server.stop()).to.equal(0);
  });
});
