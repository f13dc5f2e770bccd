import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Both on 127.0.0.1. */
export interface EnginePorts {
  readonly http: number;
  /** ClickHouse's native protocol, for clickhouse-client and other tools. */
  readonly tcp: number;
}

/**
 * Ports that were free a moment ago; the last ones when they still are, so that bookmarks keep working. Another process
 * may take one before it is used: ask again then.
 */
export async function choosePorts(last: EnginePorts | undefined): Promise<EnginePorts> {
  const servers: Server[] = [];
  try {
    const http = await reserve(last?.http ?? 0, servers);
    const tcp = await reserve(last?.tcp ?? 0, servers);
    return { http, tcp };
  } finally {
    await Promise.all(servers.map(release));
  }
}

/** Listens on the port, or on any free one when it is taken, so that two calls cannot get the same. */
async function reserve(port: number, servers: Server[]): Promise<number> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1' });
    await once(server, 'listening');
  } catch (error) {
    if (port === 0) throw error;
    return reserve(0, servers);
  }
  servers.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}

async function release(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
