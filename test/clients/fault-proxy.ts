import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

/** What becomes of a request: its answer is lost, or late; or it is refused without the service hearing of it. */
export type Fault = 'pass' | 'lose answer' | 'lose request' | 'delay' | 429 | 503;

export interface FaultProxy {
  readonly url: string;
  /** The markers in all bodies whose senders were told that they were taken. */
  readonly delivered: ReadonlySet<string>;
  /** How many requests met with which fault. */
  readonly faults: ReadonlyMap<Fault, number>;
  /** How often the service itself answered with which status. */
  readonly answers: ReadonlyMap<number, number>;
  /** How many requests had a marker in them that had come before. */
  sentAgain(): number;
  close(): Promise<void>;
}

/** What stands for an event in the text of a body. */
export const MARKER = /#[\w-]+#/g;

const DELAY_MS = 300;
const RETRY_AFTER_S = 1;

/** Between a client and the service, whose address may change. @param faultOf of the next POST */
export async function startFaultProxy(target: () => string, faultOf: () => Fault): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: false });
  const delivered = new Set<string>();
  const come = new Set<string>();
  const faults = new Map<Fault, number>();
  const answers = new Map<number, number>();
  let sentAgain = 0;
  const handle = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const body = await buffer(from);
    const isPost = from.method === 'POST';
    const fault = isPost ? faultOf() : 'pass';
    const markers = isPost ? (textOf(body).match(MARKER) ?? []) : [];
    if (isPost) count(faults, fault);
    if (markers.some((marker) => come.has(marker))) sentAgain += 1;
    for (const marker of markers) come.add(marker);
    if (fault === 'lose request') return void to.destroy();
    if (typeof fault === 'number') return refuse(to, fault);
    const onward = request(new URL(from.url ?? '/', target()), { method: from.method, headers: from.headers, agent });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const text = await buffer(answer);
    const { statusCode = 0 } = answer;
    if (isPost) count(answers, statusCode);
    if (fault === 'lose answer') return void to.destroy();
    if (fault === 'delay') await sleep(DELAY_MS);
    const { 'transfer-encoding': _, ...headers } = answer.headers;
    to.writeHead(statusCode, { ...headers, 'content-length': text.length });
    to.end(text);
    if (statusCode === 200 || statusCode === 202) for (const marker of markers) delivered.add(marker);
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
    faults,
    answers,
    sentAgain: () => sentAgain,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
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
