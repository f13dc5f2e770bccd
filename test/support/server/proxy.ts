import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request to ClickHouse, whole, before it is handed on. */
export interface Asked {
  readonly query: string;
  /** On the proxy's target. Whoever judges may change it. */
  readonly url: URL;
}

/**
 * What becomes of a request to ClickHouse and of its answer. What is cut ends without a word:
 * - `cut before`: ClickHouse never hears of it; `cut inside`: half of it reaches ClickHouse;
 * - `cut after`: ClickHouse has carried it out, and its answer is lost; `truncate`: half of the answer arrives;
 * - `delay`: it starts that much later; `drip`: its body takes that long to arrive;
 * - `answer`: ClickHouse never hears of it, and the sender gets this error in ClickHouse's own words;
 * - `as`: it is somebody else's;
 * - `instead`: ClickHouse runs another query in its place, until the sender closes the connection.
 */
export type Fault =
  | { readonly do: 'pass' | 'cut before' | 'cut inside' | 'cut after' | 'truncate' }
  | { readonly do: 'delay' | 'drip'; readonly ms: number }
  | { readonly do: 'answer'; readonly code: number; readonly type: string; readonly message: string }
  | { readonly do: 'instead'; readonly query: string }
  | { readonly do: 'as'; readonly username: string; readonly password: string };

export const PASS: Fault = { do: 'pass' };

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Of the real ClickHouse. */
  readonly target: string;
  readonly judge: (asked: Asked) => Fault;
  /** Hears each error code with which ClickHouse itself answers. */
  readonly onRefusal?: (code: number) => void;
  /** Is waited for when ClickHouse has answered and the sender does not know of it yet. */
  readonly onAnswered?: (asked: Asked) => Promise<void>;
}

/** An HTTP proxy in front of a real ClickHouse, which asks `judge` about each request. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((from, to) => {
    forward({ from, to, agent, ...options }).catch(() => to.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange extends ProxyOptions {
  readonly from: IncomingMessage;
  readonly to: ServerResponse;
  readonly agent: Agent;
}

async function forward({ from, to, target, agent, judge, onRefusal, onAnswered }: Exchange): Promise<void> {
  const body = await buffer(from);
  const url = new URL(from.url ?? '/', target);
  const asked = { query: url.searchParams.get('query') ?? body.toString(), url };
  const fault = judge(asked);
  if (fault.do === 'answer') return refuse(to, fault);
  if (fault.do === 'cut before') return void to.destroy();
  if (fault.do === 'delay') await sleep(fault.ms);
  if (fault.do === 'instead') return runInstead(url, fault.query, { from, to });

  const onward = request(url, {
    method: from.method,
    headers: { ...from.headers, ...(fault.do === 'as' ? { authorization: basic(fault) } : {}) },
    agent,
  });
  const answered = once(onward, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  if (fault.do === 'cut inside') {
    onward.write(body.subarray(0, body.length >> 1));
    await sleep(50);
    onward.destroy();
    return void to.destroy();
  }
  if (fault.do === 'drip') await drip(body, fault.ms, (part) => void onward.write(part));
  onward.end(fault.do === 'drip' ? '' : body);

  const [answer] = await answered;
  const text = await buffer(answer);
  const code = answer.headers['x-clickhouse-exception-code'];
  if (code !== undefined) onRefusal?.(Number(code));
  await onAnswered?.(asked);
  if (fault.do === 'cut after') return void to.destroy();
  const { 'transfer-encoding': _, ...headers } = answer.headers;
  to.writeHead(answer.statusCode ?? 0, { ...headers, 'content-length': text.length });
  if (fault.do !== 'truncate') return void to.end(text);
  to.flushHeaders();
  to.write(text.subarray(0, text.length >> 1));
  await sleep(50);
  to.destroy();
}

function runInstead(url: URL, query: string, { from, to }: Pick<Exchange, 'from' | 'to'>): void {
  const { authorization } = from.headers;
  const onward = request(url, { method: 'POST', headers: { authorization } }, (answer) => {
    to.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(to);
  });
  onward.on('error', () => to.destroy());
  to.once('close', () => onward.destroy());
  onward.end(query);
}

async function drip(body: Buffer, ms: number, write: (part: Buffer) => void): Promise<void> {
  const parts = 8;
  const size = Math.ceil(body.length / parts);
  for (let part = 0; part < parts; part += 1) {
    write(body.subarray(part * size, (part + 1) * size));
    await sleep(ms / parts);
  }
}

/** As ClickHouse says it: src/Server/HTTPHandler.cpp. */
function refuse(
  to: ServerResponse,
  { code, type, message }: { readonly code: number; readonly type: string; readonly message: string },
): void {
  to.writeHead(500, {
    'X-ClickHouse-Exception-Code': code,
    'Content-Type': 'text/plain; charset=UTF-8',
  });
  to.end(`Code: ${code}. DB::Exception: ${message}. (${type}) (version 26.7.1.1 (official build))\n`);
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
