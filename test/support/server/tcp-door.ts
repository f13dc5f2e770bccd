import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** An address of its own in front of a server, byte for byte. Closed until it is opened. */
export interface Door {
  readonly url: string;
  /** How many connections came through so far. */
  readonly connections: number;
  open(this: void): void;
  /** Ends it and every connection. */
  close(): Promise<void>;
}

/** @param target origin of the server behind it */
export async function closedDoor(target: string): Promise<Door> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  let connections = 0;
  const door = createServer((near) => {
    connections += 1;
    const far = connect(Number(targetPort), hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => socket.destroy()));
    near.pipe(far).pipe(near);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  await new Promise((resolve) => door.close(resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    open: () => door.listen(port, '127.0.0.1'),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => door.close(resolve));
    },
  };
}
