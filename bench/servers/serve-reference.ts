import { once } from 'node:events';
import type Koa from 'koa';

/** Serves what the service is compared with on a free port of loopback, says where, and ends on SIGTERM. */
export async function serveReference(app: Koa, atEnd: () => Promise<void> = async () => {}): Promise<void> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected to listen on a port');
  console.log(`reference listens on http://127.0.0.1:${address.port}`);
  await once(process, 'SIGTERM');
  server.close();
  server.closeAllConnections();
  await atEnd();
}
