import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Handle } from '../../../server/http/server/connections.ts';
import { listen, type Listener } from '../../../server/http/server/listen.ts';
import { statusesIn } from '../../support/http/raw-http.ts';

const POST = 'POST / HTTP/1.1\r\nHost: localhost\r\n';
describe('A connection', () => {
  let listener: Listener;
  let client: net.Socket;

  afterEach(async () => {
    client.destroy();
    await listener.close();
  });

  async function connectTo(handle: Handle): Promise<void> {
    const limits = { drainMs: 5_000, requestTimeoutMs: 20_000, maxConnections: 10 };
    listener = await listen(handle, { host: '127.0.0.1', port: 0, ...limits });
    client = net.connect({ port: Number(new URL(listener.url).port), host: '127.0.0.1', allowHalfOpen: true });
    await once(client, 'connect');
  }

  it('answers requests in their order when the body of the last breaks', async () => {
    const reads: string[] = [];
    await connectTo((request, response) => {
      if (request.method === 'GET') setTimeout(() => response.end('done'), 100);
      else request.on('data', (chunk: Buffer) => reads.push(chunk.toString()));
    });
    const first = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
    for (const more of [first, `${first}${first}`]) {
      client.write(`${more}${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\nZZ\r\n`);
      const received = await text(client);
      expect(statusesIn(received)).to.deep.equal(more === first ? [200, 400] : [200, 200, 400]);
      client.destroy();
      client = net.connect({ port: Number(new URL(listener.url).port), host: '127.0.0.1', allowHalfOpen: true });
    }
    expect(reads).to.deep.equal(['[', '[']);
  });
});
