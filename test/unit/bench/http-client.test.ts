import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../bench/load/http-client.ts';

const echoKey: RequestListener = (request, response) => response.end(request.headers.authorization ?? 'no key');

describe('the HTTP client of the load generator', () => {
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  it('gives the status, the body and Retry-After', async () => {
    const client = await serve((_, response) => response.writeHead(503, { 'retry-after': '7' }).end('busy'));
    expect(await client.request('POST', '/')).to.deep.equal({
      kind: 'answer',
      status: 503,
      retryAfterS: 7,
      body: 'busy',
    });
  });

  it('sends its key with each request, and nothing without one', async () => {
    const withKey = await serve(echoKey, { apiKey: 'the-key' });
    expect(await withKey.request('GET', '/', { accept: 'text/plain' })).to.include({
      body: 'Bearer the-key',
    });
    const without = await serve(echoKey);
    expect(await without.request('GET', '/')).to.include({ body: 'no key' });
  });

  it('says unsent when nobody listens', async () => {
    const client = await serve((_, response) => response.end());
    closers.pop()?.();
    expect(await client.request('POST', '/')).to.have.property('kind', 'unsent');
  });

  it('says unanswered when the connection breaks after the request', async () => {
    const client = await serve((request) => request.socket.destroy());
    expect(await client.request('POST', '/')).to.have.property('kind', 'unanswered');
  });

  it('says unanswered when the connection breaks within the answer', async () => {
    const client = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half');
      setImmediate(() => request.socket.destroy());
    });
    expect(await client.request('GET', '/')).to.have.property('kind', 'unanswered');
  });

  it('says unanswered when no answer comes in time', async () => {
    const client = await serve(() => undefined, { timeoutMs: 50 });
    expect(await client.request('GET', '/')).to.have.property('kind', 'unanswered');
  });

  it('uses a connection again', async () => {
    const ports = new Set<number | undefined>();
    const client = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    for (let i = 0; i < 5; i += 1) await client.request('GET', '/');
    expect(ports.size).to.equal(1);
  });

  async function serve(listener: RequestListener, options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
    const server = http.createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = createHttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      maxConnections: 2,
      timeoutMs: 5000,
      ...options,
    });
    closers.push(() => {
      client.close();
      server.close();
      server.closeAllConnections();
    });
    return client;
  }
});
