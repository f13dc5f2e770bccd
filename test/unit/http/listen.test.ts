import { once } from 'node:events';
import net from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Handle } from '../../../server/http/server/connections.ts';
import { listen } from '../../../server/http/server/listen.ts';
import { eventually } from '../../support/http/outcome.ts';

const MANY_BYTES = 64 * 1024 * 1024;

async function listenTo(handle: Handle, drainMs = 0, requestTimeoutMs = 200) {
  return listen(handle, { host: '127.0.0.1', port: 0, drainMs, requestTimeoutMs, maxConnections: 10 });
}

function request(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
}

describe('A listener', () => {
  it('cuts off a client that takes nothing of its answer, and frees what it holds', async () => {
    let answers = 0;
    const listener = await listenTo((_, response) => {
      answers += 1;
      response.end(Buffer.alloc(MANY_BYTES));
    });
    const client = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    client.on('error', () => undefined);
    client.pause();
    try {
      client.write(request('/'));
      await eventually(() => expect([answers, listener.connections]).to.deep.equal([1, 0]));
    } finally {
      client.destroy();
      await listener.close();
    }
  });

  it('leaves an answer alone that takes longer, as long as something of it comes', async () => {
    const listener = await listenTo((_, response) => {
      response.write('a');
      for (const [at, last] of [false, false, false, true].entries())
        setTimeout(() => (last ? response.end('b') : response.write('b')), 300 * (at + 1));
    });
    try {
      expect(await (await fetch(listener.url)).text()).to.equal('abbbb');
    } finally {
      await listener.close();
    }
  });

  it('runs one more request of a connection once it closes, and nothing behind that', async () => {
    const handled: (string | undefined)[] = [];
    const listener = await listenTo(({ url }, response) => {
      handled.push(url);
      response.end('done');
    }, 1_000);
    const client = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    client.write(request('/before'));
    await once(client, 'data');
    const closed = listener.close();
    client.write(request('/last') + request('/behind') + request('/further'));
    expect((await text(client)).match(/HTTP\/1.1 200|connection: close/gi)).to.deep.equal([
      'HTTP/1.1 200',
      'Connection: close',
    ]);
    await closed;
    expect(handled).to.deep.equal(['/before', '/last']);
  });

  it('that closes ends no connection under an answer that is still on its way', async () => {
    const listener = await listenTo((_, response) => response.end(Buffer.alloc(MANY_BYTES)), 50, 10_000);
    const client = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    client.write(request('/'));
    await once(client, 'readable');
    const closed = listener.close();
    await sleep(200);
    expect((await buffer(client)).length).to.be.greaterThan(MANY_BYTES);
    await closed;
  });

  it('that closes ends a connection soon after an answer that took longer than others', async () => {
    const listener = await listenTo((_, response) => setTimeout(() => response.end('late'), 200), 50, 10_000);
    const client = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    client.write(request('/'));
    await eventually(() => expect(listener.connections).to.equal(1));
    const closing = Date.now();
    const closed = listener.close();
    expect(await text(client)).to.match(/late$/);
    await closed;
    expect(Date.now() - closing).to.be.lessThan(4_000);
  });

  it('that closes answers what came while its process had no time', async () => {
    const listener = await listenTo((_, response) => response.end('done'), 100, 10_000);
    const client = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    client.write(request('/before'));
    await once(client, 'data');
    const closed = listener.close();
    client.write(request('/meanwhile'));
    // Written at once, and not read until this is over.
    const until = Date.now() + 400;
    while (Date.now() < until);
    expect(await text(client)).to.match(/200 OK[^]*done$/);
    await closed;
  });
});
