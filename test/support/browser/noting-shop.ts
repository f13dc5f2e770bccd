import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { projectRoot } from '../../../server/common/project-root.ts';
import type { Closing } from '../../../server/closing.ts';

/** An event as the script for pages sent it. */
export interface SentEvent {
  readonly name: string;
  readonly category?: string;
  readonly timestamp: number;
  readonly event_id: string;
  readonly session_id: string;
  readonly user?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Pages with the script, and where they send to: it notes what comes, and answers what the test says. */
export interface NotingShop {
  readonly url: string;
  /** When each request came. */
  readonly requestsMs: readonly number[];
  /** Each event once, in the order in which they came first, as they came last. */
  events(): SentEvent[];
  answer(status: number, headers?: OutgoingHttpHeaders): void;
}

/** @param pages what is in a page, by path; in any other there is the script that begins by itself */
export async function startNotingShop(
  closing: Closing,
  pages: Readonly<Record<string, string>> = {},
): Promise<NotingShop> {
  const script = await readFile(path.join(projectRoot, '.build/snippet/clickhour.js'));
  const events = new Map<string, SentEvent>();
  const requestsMs: number[] = [];
  let answered: readonly [status: number, headers: OutgoingHttpHeaders] = [202, {}];
  const note = async (request: IncomingMessage): Promise<void> => {
    requestsMs.push(performance.now());
    for (const event of (await json(request)) as SentEvent[]) events.set(event.event_id, event);
  };
  const server = createServer((request, response) => {
    const [place = ''] = (request.url ?? '').split('?');
    if (place === '/events') {
      void note(request).then(() => response.writeHead(...answered).end());
    } else if (place === '/clickhour.js') {
      response.setHeader('Content-Type', 'text/javascript').end(script);
    } else {
      const inside = pages[place] ?? scriptTag('data-key="k"');
      response.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>A shop</title>${inside}`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.add('shop', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requestsMs,
    events: () => [...events.values()],
    answer: (status, headers = {}) => {
      answered = [status, headers];
    },
  };
}

export function scriptTag(attributes = ''): string {
  return `<script src="/clickhour.js" ${attributes}></script>`;
}
