import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves files of a page of somebody else's, on an origin of its own. */
export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** @param files by path, each its type and its text; a path with a query is the same file. `csp` is the page's policy */
export async function servePages(
  files: () => Readonly<Record<string, readonly [type: string, text: string]>>,
  csp: () => string = () => "default-src 'self' http:",
): Promise<PageServer> {
  const server = createServer((request, response) => {
    const [type, text] = files()[(request.url ?? '/').split('?')[0] ?? '/'] ?? ['text/plain', ''];
    response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': csp() }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
