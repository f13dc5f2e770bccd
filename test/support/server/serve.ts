import { createServer, type RequestListener } from 'node:http';

/** Serves requests on a free port of this machine while `use` runs, without the rest of the service. */
export async function whileServing(
  handle: (...request: Parameters<RequestListener>) => Promise<void>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await use(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
