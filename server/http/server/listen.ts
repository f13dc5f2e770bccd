import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:http';
import { connect, Server as TcpServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { invalid, messageOf, show, type AppError } from '../../common/errors.ts';
import type { Config } from '../../config/config.ts';
import { Connections, MAX_HEAD_BYTES, type Handle, type OnRefused } from './connections.ts';

export interface Listener {
  /** `http://HOST:PORT`, with the port that was taken. */
  readonly url: string;
  /** Open connections now. */
  readonly connections: number;
  /**
   * Takes no more connections. Those that are open get their answers with `Connection: close`, so that a proxy learns of
   * the end from an answer, and not from a connection that ends under the next request, which it may not send again.
   * Those that are owed no answer are ended once they were silent for `drainMs`, and at the deadline the rest.
   */
  close(): Promise<void>;
}

/** Where a server listens, and its limits on time and connections. */
export type ListenOptions = Pick<Config, 'host' | 'port' | 'drainMs' | 'requestTimeoutMs' | 'maxConnections'>;

const KEEP_ALIVE_MS = 72_000;
/** How often Node looks for requests that take too long. */
const MAX_CHECK_MS = 30_000;
/** Of connections that wait to be taken; beyond it the kernel lets clients try again after a second. It may allow fewer. */
const MAX_WAITING_CONNECTIONS = 4096;
const CLOSE_DEADLINE_MS = 5_000;
const QUIET_TURN_MS = 0.2;
const QUIET_WITHIN_MS = 200;
/** An address of this machine answers at once. */
const PROBE_MS = 1_000;

/**
 * Whether the address could be taken now. It is not listened to for that: what sends requests to it while another server
 * ends and this one starts, as a proxy does, would have them cut.
 * @throws AppError `invalid` that says why not, and what to do
 */
export async function requireAddress({ host, port }: Pick<ListenOptions, 'host' | 'port'>): Promise<void> {
  const refuse = (error: unknown) => {
    throw notTaken(error, host, port);
  };
  const { address, family } = await lookup(host).catch(refuse);
  const probe = createSocket({ type: family === 6 ? 'udp6' : 'udp4', reuseAddr: true });
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).bind({ address, port, exclusive: true }, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    // Of UDP, which nobody needs here.
    if (error.code !== 'EADDRINUSE') refuse(error);
  });
  probe.close();
  if (port !== 0 && (await isTaken(address, port))) refuse(Object.assign(new Error('in use'), { code: 'EADDRINUSE' }));
}

/** Whether somebody takes connections there. */
async function isTaken(host: string, port: number): Promise<boolean> {
  const client = connect({ host, port, timeout: PROBE_MS });
  return await new Promise<boolean>((resolve) => {
    client.once('connect', () => resolve(true));
    for (const event of ['error', 'timeout']) client.once(event, () => resolve(false));
  }).finally(() => client.destroy());
}

/** @throws AppError `invalid` when the address cannot be taken */
export async function listen(
  handle: Handle,
  { host, port, requestTimeoutMs, drainMs, maxConnections }: ListenOptions,
  onRefused: OnRefused = () => undefined,
): Promise<Listener> {
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(MAX_CHECK_MS, requestTimeoutMs / 2),
    requireHostHeader: false,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  // Without any progress, in either direction; whoever does not send is answered before that.
  server.timeout = 2 * requestTimeoutMs;
  // Node leaves out what is beyond: a proxy's own X-Forwarded-For behind a client's many. Their bytes are limited.
  server.maxHeadersCount = 0;
  const connections = new Connections(server, handle, maxConnections, onRefused);
  await take(server, host, port);
  return {
    url: urlOf(server, host),
    get connections() {
      return connections.count;
    },
    close: async () => closeServer(server, connections, drainMs),
  };
}

async function take(server: TcpServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, MAX_WAITING_CONNECTIONS, resolve);
  }).catch((error: unknown) => {
    throw notTaken(error, host, port);
  });
}

function notTaken(error: unknown, host: string, port: number): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
  switch (code) {
    case 'EADDRINUSE': {
      const found = `${port} of ${host} is in use, perhaps by a clickhour that runs already`;
      const another = `PORT=${port === 65_535 ? port - 1 : port + 1}`;
      const message = `${found}; stop it, or set another PORT, such as ${another}; PORT=0 takes a free one`;
      return invalid([{ path: 'PORT', message }]);
    }
    case 'EACCES':
      return invalid([{ path: 'PORT', message: `${port} may not be used by this user; set a PORT from 1024 up` }]);
    default: {
      const message = `received ${show(host)} (${code}), expected an address of this machine, such as HOST=127.0.0.1`;
      return invalid([{ path: 'HOST', message }]);
    }
  }
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function closeServer(server: Server, connections: Connections, drainMs: number): Promise<void> {
  // Not by the header, which does not keep requests behind this one from being run and their answers from being dropped.
  server.prependListener('request', (_, response) => {
    response.shouldKeepAlive = false;
  });
  // The kernel resets connections that nobody has taken when this ends to listen.
  await quietTurn();
  // Not server.close(), which ends idle connections at once, and with them what Node has not written yet.
  const closed = new Promise((resolve) => TcpServer.prototype.close.call(server, resolve));
  connections.endSilent();
  // After what has come was read, also where this process had no processor for a while.
  const looks = setInterval(() => setImmediate(() => connections.endSilent()), drainMs);
  const deadline = setTimeout(() => server.closeAllConnections(), drainMs + CLOSE_DEADLINE_MS);
  await closed;
  clearInterval(looks);
  clearTimeout(deadline);
}

/** Resolves right after a turn of the event loop that had next to nothing to do: every connection was taken a moment ago. */
async function quietTurn(): Promise<void> {
  const endMs = performance.now() + QUIET_WITHIN_MS;
  let tookMs = Infinity;
  for (let atMs = performance.now(); tookMs > QUIET_TURN_MS && atMs < endMs; atMs += tookMs) {
    await nextTurn();
    tookMs = performance.now() - atMs;
  }
}
