import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

/** What becomes of a request: its answer is lost, or late; or it is refused without the service hearing of it. */
export type Fate = 'pass' | 'lose answer' | 'lose request' | 'delay' | 429 | 503;

export interface FaultProxy {
  readonly url: string;
  /** The texts of all bodies whose senders were told that they were taken. */
  readonly delivered: readonly string[];
  /** How many requests met with which fate. */
  readonly fates: ReadonlyMap<Fate, number>;
  close(): Promise<void>;
}

const DELAY_MS = 300;
const RETRY_AFTER_S = 1;

/** Between a client and the service, whose address may change. @param fateOf of the next POST */
export async function startFaultProxy(target: () => string, fateOf: () => Fate): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: false });
  const delivered: string[] = [];
  const fates = new Map<Fate, number>();
  const handle = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const body = await buffer(from);
    const fate = from.method === 'POST' ? fateOf() : 'pass';
    if (from.method === 'POST') fates.set(fate, (fates.get(fate) ?? 0) + 1);
    if (fate === 'lose request') return void to.destroy();
    if (typeof fate === 'number') return refuse(to, fate);
    const onward = request(new URL(from.url ?? '/', target()), { method: from.method, headers: from.headers, agent });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const text = await buffer(answer);
    if (fate === 'lose answer') return void to.destroy();
    if (fate === 'delay') await sleep(DELAY_MS);
    const { 'transfer-encoding': _, ...headers } = answer.headers;
    to.writeHead(answer.statusCode ?? 0, { ...headers, 'content-length': text.length });
    to.end(text);
    const isTaken = answer.statusCode === 200 || answer.statusCode === 202;
    if (isTaken && from.method === 'POST') delivered.push(textOf(body));
  };
  const server = createServer((from, to) => {
    handle(from, to).catch(() => to.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    delivered,
    fates,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As a proxy says it that knows of pages. */
function refuse(to: ServerResponse, status: 429 | 503): void {
  to.writeHead(status, {
    'Retry-After': RETRY_AFTER_S,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'Retry-After',
  });
  to.end();
}

/** A body as the client meant it, with what it has in base64 read. */
function textOf(body: Buffer): string {
  const bytes = body[0] === 0x1f ? gunzipSync(body) : body;
  const text = bytes.toString();
  if (!text.startsWith('data=')) return text;
  return Buffer.from(decodeURIComponent(text.slice('data='.length).split('&')[0] ?? ''), 'base64').toString();
}
