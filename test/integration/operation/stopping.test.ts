import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { keptLog } from '../../support/logs.ts';
import { failure } from '../../support/http/outcome.ts';
import { totals } from '../../support/clickhouse/stored.ts';
import { closedDoor } from '../../support/server/tcp-door.ts';
import { startTestApp } from '../../support/server/test-app.ts';

describe('A server that is being stopped', () => {
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  /** Posts clicks over one connection, each after the one before. */
  function client(url: string) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.add('agent', () => agent.destroy());
    return async (): Promise<IncomingMessage> => {
      const posted = request(`${url}/analytics?timestamp=${Date.now()}&user=u&click`, {
        method: 'POST',
        agent,
      });
      posted.end();
      const [answer] = (await once(posted, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      return answer;
    };
  }

  it('answers the next request of an open connection, and says there that it closes', async () => {
    const service = await startTestApp({ drainMs: 5000 });
    const post = client(service.url);
    expect((await post()).headers.connection).to.equal('keep-alive');
    const stopped = service.remove();
    const last = await post();
    expect(last.statusCode).to.equal(204);
    expect(last.headers.connection).to.equal('close');
    await stopped;
    expect(await failure(post())).to.have.property('code', 'ECONNREFUSED');
  });

  it('does not wait longer than it should for a connection without requests', async () => {
    const service = await startTestApp({ drainMs: 100 });
    await client(service.url)();
    const startMs = performance.now();
    await service.app.close();
    expect(performance.now() - startMs).to.be.within(90, 4000);
    await service.remove();
  });

  it('ships what it holds, and says so', async () => {
    const { log, lines } = keptLog();
    const service = await startTestApp({}, { log });
    closing.add('service', () => service.remove());
    const post = client(service.url);
    for (let each = 0; each < 20; each += 1) await post();
    await service.app.close();
    expect(lines.map(({ msg }) => msg)).to.include('all shipped');
    const { raw } = await totals(testEndpoint(), service.database);
    expect(raw.rows).to.equal(20);
  });

  it('says how many events remain in the journal when ClickHouse cannot have them', async () => {
    const door = await closedDoor(testEndpoint().urls[0]);
    closing.add('door', () => door.close());
    const { log, lines } = keptLog();
    const clickhouse = { ...testEndpoint(), urls: [door.url] as const };
    const service = await startTestApp({ clickhouse, database: 'never_made' }, { log });
    closing.add('service', () => service.remove());
    const post = client(service.url);
    for (let each = 0; each < 3; each += 1) await post();
    await service.app.close();
    expect(lines.map(({ msg }) => msg)).to.include('3 events remain in the journal');
  });
});
