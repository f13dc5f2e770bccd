import { expect } from 'chai';
import { waitForClickHouse } from '../../../server/migrate/wait.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { Closing } from '../../../server/closing.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { failure } from '../../support/http/outcome.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';

function failWhenTold(line: string): never {
  return expect.fail(`expected not to wait: ${line}`);
}

describe('waiting for ClickHouse before a migration', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  async function doorToClickHouse(): Promise<{ endpoint: ClickHouseEndpoint; open: () => void }> {
    const door = await closedDoor(testEndpoint().urls[0]);
    closing.add('door', () => door.close());
    return { endpoint: { ...testEndpoint(), urls: [door.url] }, open: door.open };
  }

  it('says once what it waits for, and ends when ClickHouse answers', async () => {
    const { endpoint, open } = await doorToClickHouse();
    const said: string[] = [];
    const opening = setTimeout(open, 600);
    await waitForClickHouse({ endpoint, waitMs: 20_000, say: (line) => said.push(line) });
    clearTimeout(opening);
    expect(said).to.have.length(1);
    expect(said[0]).to.include(`waiting for ClickHouse at ${endpoint.urls[0]}`).and.include('ECONNREFUSED');
  });

  it('gives up when the time is over, and says why', async () => {
    const { endpoint } = await doorToClickHouse();
    const error = await failure(waitForClickHouse({ endpoint, waitMs: 200, say: () => undefined }));
    expect(String(error)).to.include(endpoint.urls[0]).and.include('ECONNREFUSED');
  });

  it('does not wait for a password to become right', async () => {
    const admin = { username: 'nobody-here', password: 'wrong' };
    const endpoint = { ...testEndpoint(), admin };
    expect(String(await failure(waitForClickHouse({ endpoint, waitMs: 20_000, say: failWhenTold })))).to.include(
      'nobody-here',
    );
  });
});
