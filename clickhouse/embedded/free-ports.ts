import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Both on 127.0.0.1. */
export interface EnginePorts {
  readonly http: number;
  /**
   * ClickHouse's native protocol, which the nodes of a cluster speak. Without one it is not spoken: whoever sends anything
   * else there, as a page in a browser can, ends this library's whole process.
   */
  readonly tcp?: number;
}

/**
 * Ports that were free a moment ago: the wanted ones when they are, so that bookmarks keep working, and else others. Another
 * process may take one before it is used: ask again then.
 * @param wanted a port of 0 is any that is free
 */
export async function choosePorts(wanted: EnginePorts): Promise<EnginePorts> {
  const servers: Server[] = [];
  try {
    const http = await reserve(wanted.http, servers);
    return wanted.tcp === undefined ? { http } : { http, tcp: await reserve(wanted.tcp, servers) };
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
