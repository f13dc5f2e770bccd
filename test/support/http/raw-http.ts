import { connect } from 'node:net';

/**
 * Sends bytes over a connection of its own and reads until the server ends it, or is quiet for `quietMs`.
 * @param pieces sent one after the other, each some time after the one before
 */
export async function sendRaw(url: string, pieces: readonly (string | Buffer)[], quietMs = 300): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received = '';
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(quiet);
      resolve();
    };
    let quiet = setTimeout(finish, quietMs + 1000);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
      clearTimeout(quiet);
      quiet = setTimeout(finish, quietMs);
    });
    socket.on('error', () => undefined).once('close', finish);
    socket.once('connect', () => void write(socket, pieces));
  });
  socket.destroy();
  return received;
}

async function write(socket: ReturnType<typeof connect>, pieces: readonly (string | Buffer)[]): Promise<void> {
  for (const piece of pieces) {
    if (!socket.writable) return;
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The statuses of all answers in what was received, in order. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
