import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { Closing } from '../../server/closing.ts';
import { failure } from '../support/outcome.ts';
import { startTestApp } from '../support/test-app.ts';

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
});
