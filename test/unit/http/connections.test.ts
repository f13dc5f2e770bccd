import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Handle } from '../../../server/http/server/connections.ts';
import { listen, type Listener } from '../../../server/http/server/listen.ts';
import { eventually } from '../../support/http/outcome.ts';
import { statusesIn } from '../../support/http/raw-http.ts';

/** More than the kernel holds on both sides together. */
const BODY_BYTES = 16 * 1024 * 1024;
const MAX_CONNECTIONS = 10;
const POST = 'POST / HTTP/1.1\r\nHost: localhost\r\n';
const tooLarge: Handle = (_, response) => response.writeHead(413).end('too large');

describe('A connection', () => {
  let listener: Listener;
  let client: net.Socket;
  let refusals: number[];

  afterEach(async () => {
    client.destroy();
    await listener.close();
  });

  async function connectTo(handle: Handle): Promise<void> {
    const limits = { drainMs: 5_000, requestTimeoutMs: 20_000, maxConnections: MAX_CONNECTIONS };
    refusals = [];
    listener = await listen(handle, { host: '127.0.0.1', port: 0, ...limits }, (_, status) => refusals.push(status));
    client = net.connect({ port: Number(new URL(listener.url).port), host: '127.0.0.1', allowHalfOpen: true });
    await once(client, 'connect');
  }

  /** Sends all of a body before it reads anything, as clients do that block. */
  async function answerAfter(head: string, bytes: number): Promise<string> {
    client.pause();
    await new Promise<void>((resolve, reject) => {
      client.write(`${head}Content-Length: ${bytes}\r\n\r\n`);
      client.write(Buffer.alloc(bytes), (error) => (error ? reject(error) : resolve()));
    });
    return await text(client);
  }

  it('that ends with an answer that came before the body lets its client send all of that, and read it', async () => {
    await connectTo(tooLarge);
    const received = await answerAfter(`${POST}Connection: close\r\n`, BODY_BYTES);
    expect(received).to.match(/^HTTP\/1.1 413 [^]*\r\nConnection: close\r\n[^]*too large/);
  });

  it('of a server that stops does so, too', async () => {
    await connectTo(tooLarge);
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(client, 'data');
    const closed = listener.close();
    expect(await answerAfter(POST, BODY_BYTES)).to.match(/^HTTP\/1.1 413 [^]*too large/);
    await closed;
  });

  it('that should end is cut off when its client is silent in the middle of a body', async () => {
    await connectTo(tooLarge);
    client.write(`${POST}Connection: close\r\nContent-Length: 10\r\n\r\n1`);
    expect(statusesIn(await text(client))).to.deep.equal([413]);
    await eventually(() => expect(listener.connections).to.equal(0), 5_000);
  });

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

  it('answers in their order also when the last is for a tunnel', async () => {
    await connectTo((_, response) => setTimeout(() => response.end('done'), 100));
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\nCONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n');
    expect(statusesIn(await text(client))).to.deep.equal([200, 405]);
  });

  it('that its client resets is no refused request', async () => {
    await connectTo((_, response) => response.end('done'));
    client.resetAndDestroy();
    await eventually(() => expect(listener.connections).to.equal(0));
    expect(refusals).to.deep.equal([]);
  });

  it('beyond the limit is closed, and one that takes its place is served', async () => {
    await connectTo((_, response) => response.end('done'));
    const port = Number(new URL(listener.url).port);
    const others = Array.from({ length: MAX_CONNECTIONS - 1 }, () => net.connect(port, '127.0.0.1'));
    await eventually(() => expect(listener.connections).to.equal(MAX_CONNECTIONS));
    expect(await text(net.connect(port, '127.0.0.1'))).to.equal('');
    others.pop()?.destroy();
    await eventually(() => expect(listener.connections).to.equal(MAX_CONNECTIONS - 1));
    const next = net.connect(port, '127.0.0.1').end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(statusesIn(await text(next))).to.deep.equal([200]);
    for (const other of others) other.destroy();
  });

  it('may send as many headers as fit, and the last of them counts', async () => {
    const forwarded: (string | string[] | undefined)[] = [];
    await connectTo(({ headers }, response) => {
      forwarded.push(headers['x-forwarded-for']);
      response.end();
    });
    const many = 'a: b\r\n'.repeat(1_300);
    const before = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.0.0.9\r\n${many}`;
    client.write(`${before}X-Forwarded-For: 203.0.113.7\r\n\r\n${before}Host: other\r\n\r\n`);
    expect(statusesIn(await text(client))).to.deep.equal([200, 400]);
    expect(forwarded).to.deep.equal(['10.0.0.9, 203.0.113.7']);
  });
});
