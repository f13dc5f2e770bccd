import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ANSWER_MS = 60_000;

/**
 * Opens connections, says something on each or nothing, and leaves them.
 * @returns closes them
 */
export async function openSockets(url: string, count: number, said = ''): Promise<() => void> {
  const sockets = Array.from({ length: count }, () => open(url));
  await Promise.all(
    sockets.map(async (socket) => {
      await Promise.race([once(socket, 'connect').catch(() => undefined), sleep(2000)]);
      if (said !== '' && socket.writable) socket.write(said);
    }),
  );
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** Writes bytes to a connection of its own, and returns the statuses of the first `answers` answers. */
export async function exchangeRaw(url: string, bytes: string | Buffer, answers: number): Promise<number[]> {
  const socket = open(url);
  let received = '';
  const statuses = () => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  try {
    socket.write(bytes);
    const timeout = AbortSignal.timeout(ANSWER_MS);
    while (statuses().length < answers && !socket.destroyed && !timeout.aborted) {
      const chunk: unknown[] = await once(socket, 'data', { signal: timeout }).catch(() => []);
      if (chunk.length === 0) break;
      received += String(chunk[0]);
    }
    return statuses();
  } finally {
    socket.destroy();
  }
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  // The other side may end it at any moment; whoever waits for an answer notices.
  return connect(Number(port), hostname).on('error', () => undefined);
}
