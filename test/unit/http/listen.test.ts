import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Handle } from '../../../server/http/server/connections.ts';
import { listen } from '../../../server/http/server/listen.ts';

const MANY_BYTES = 64 * 1024 * 1024;

async function listenTo(handle: Handle) {
  return listen(handle, { host: '127.0.0.1', port: 0, drainMs: 0, requestTimeoutMs: 200, maxConnections: 10 });
}

describe('A listener', () => {
  it('cuts off a client that takes nothing of its answer, and frees what it holds', async () => {
    const listener = await listenTo((_, response) => response.end(Buffer.alloc(MANY_BYTES)));
    const client = net.connect(Number(new URL(listener.url).port), '127.0.0.1');
    client.on('error', () => undefined);
    client.pause();
    try {
      client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await once(client, 'connect');
      await sleep(100);
      expect(listener.connections).to.equal(1);
      await sleep(1_500);
      expect(listener.connections).to.equal(0);
    } finally {
      client.destroy();
      await listener.close();
    }
  });

  it('waits for one that takes its answer slowly', async () => {
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
});
