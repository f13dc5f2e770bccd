import { gzipSync } from 'node:zlib';
import { exchangeRaw, openSockets } from '../harness/raw-http.ts';
import type { Scenario } from '../harness/scenario.ts';
import type { World } from '../harness/world.ts';

const MIB = 1024 * 1024;
const PIPELINED = 50;

export const hostileClients: Scenario = {
  name: 'hostile-clients',
  what: 'Hundreds of idle, slow and half-open connections, oversize headers and bodies, gzip bombs, pipelining and broken requests, while good traffic goes on beside and is never refused',
  run: async (world) => {
    const { url = '' } = await world.startServer();
    world.traffic();
    await world.acknowledged(10);
    const closers = await Promise.all([
      openSockets(url, 300),
      openSockets(url, 50, 'POST /analytics?timestamp=0&user=slow&click HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
      openSockets(url, 50, post('application/json', 'Content-Length: 1000', '[{"session_id":')),
      openSockets(url, 20, post('application/json', 'Transfer-Encoding: chunked', 'ffffff\r\n[')),
    ]);
    try {
      await Promise.all([expectRefusals(url), pipeline(world, url), world.acknowledged(100)]);
    } finally {
      for (const close of closers) close();
    }
    await world.acknowledged(20);
    world.expectNoRefusal();
  },
};

function post(type: string, header: string, body: string): string {
  return `POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${header}\r\n\r\n${body}`;
}

async function expectRefusals(url: string): Promise<void> {
  const bomb = gzipSync(Buffer.alloc(200 * MIB, '\n'));
  const gzipped = `Content-Encoding: gzip\r\nContent-Length: ${bomb.length}`;
  const cases: readonly (readonly [string, string | Buffer, number])[] = [
    ['oversize headers', `GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(32_000)}\r\n\r\n`, 431],
    ['an oversize body', post('application/json', 'Content-Length: 1000000000', '['), 413],
    ['a gzip bomb', Buffer.concat([Buffer.from(post('application/x-ndjson', gzipped, '')), bomb]), 413],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', post('application/json', 'Content-Length: 3\r\nContent-Length: 4', '[{}]'), 400],
    ['two framings', post('application/json', 'Content-Length: 3\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), 400],
  ];
  await Promise.all(
    cases.map(async ([name, bytes, expected]) => {
      const [status] = await exchangeRaw(url, bytes, 1);
      if (status !== expected) throw new Error(`received ${status} for ${name}, expected ${expected}`);
    }),
  );
}

/** Many requests in one write; the answers come in the same order. */
async function pipeline({ ledger }: World, url: string): Promise<void> {
  const ids = Array.from({ length: PIPELINED }, () => ledger.open());
  const requests = ids.map(
    (id) => `POST /analytics?timestamp=1000&user=${id}&click HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`,
  );
  const statuses = await exchangeRaw(url, requests.join(''), PIPELINED);
  ids.forEach((id, index) => ledger.settle([id], statuses[index] === 204 ? 'acknowledged' : 'refused'));
  if (statuses.length !== PIPELINED || statuses.some((status) => status !== 204))
    throw new Error(`received ${statuses.join(' ')} for ${PIPELINED} pipelined requests, expected 204 for each`);
}
