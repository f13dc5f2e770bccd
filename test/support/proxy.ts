import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One request that has reached ClickHouse and been answered, before the answer goes back. */
export interface Answered {
  readonly query: string;
  readonly status: number;
}

/** What to do with an answer of ClickHouse: hand it on, or cut the connection so that nobody learns of it. */
export type Verdict = 'pass' | 'cut';

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * An HTTP proxy in front of a real ClickHouse. Each request is carried out whole there before `judge` is asked, so a
 * cut answer is the answer of something that was committed.
 */
export async function startProxy(
  target: string,
  judge: (answered: Answered) => Promise<Verdict>,
): Promise<Proxy> {
  const agent = new Agent({ keepAlive: true });
  const forward = async (from: IncomingMessage, to: ServerResponse) => {
    const body = await buffer(from);
    const onward = request(new URL(from.url ?? '/', target), {
      method: from.method,
      headers: from.headers,
      agent,
    });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const text = await buffer(answer);
    const query = new URL(from.url ?? '/', target).searchParams.get('query') ?? body.toString();
    const status = answer.statusCode ?? 0;
    if ((await judge({ query, status })) === 'cut') {
      to.destroy();
      return;
    }
    to.writeHead(status, headersOf(answer, text.length));
    to.end(text);
  };
  const server = createServer((from, to) => {
    forward(from, to).catch(() => to.destroy());
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

function headersOf(answer: IncomingMessage, length: number) {
  const { 'transfer-encoding': _, ...headers } = answer.headers;
  return { ...headers, 'content-length': length };
}
